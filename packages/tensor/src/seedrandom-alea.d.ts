// The type of seedrandom's Alea by itself, which @types/seedrandom leaves out.
declare module "seedrandom/lib/alea.js" {
  import seedrandom from "seedrandom";
  export default seedrandom.alea;
}
