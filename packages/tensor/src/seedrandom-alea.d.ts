declare module "seedrandom/lib/alea.js" {
  import seedrandom from "seedrandom";
  export default seedrandom.alea;
}
