/** All pictures, as the files that hold them. */

import { growth } from "./growth.ts";
import { jacobianPicture } from "./jacobian.ts";
import { pipeline } from "./pipeline.ts";
import { shift } from "./shift.ts";
import { lossSurfaces } from "./surfaces.ts";
import { frame, type Picture } from "./svg.ts";
import { themes } from "./theme.ts";
import { twoCurves } from "./two-curves.ts";

const pictures: readonly Picture[] = [twoCurves, pipeline, jacobianPicture, shift, lossSurfaces, growth];

/** The name and the content of each file. */
export function pictureFiles(): [string, string][] {
  return pictures.flatMap((picture) =>
    themes.map((theme): [string, string] => [`${picture.name}-${theme.name}.svg`, frame(picture, theme)]),
  );
}
