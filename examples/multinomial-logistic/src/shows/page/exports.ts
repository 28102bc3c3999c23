/** What the page exports models with. Built, this is the file exports.js, which is loaded when a download is asked for. */
export { zipSync } from "fflate";
export { exported } from "./run/exported.ts";
