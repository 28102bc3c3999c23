/** What build/packages.ts makes: the packages, each loaded when a snippet asks for it. */
declare module "virtual:packages" {
  export const packages: Readonly<Record<string, () => Promise<Readonly<Record<string, unknown>>>>>;
}
