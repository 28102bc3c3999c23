/** The default theme without its fonts, our colours, and the playground. */
import type { Theme } from "vitepress";
import DefaultTheme from "vitepress/theme-without-fonts";
import "./style.css";

const theme: Theme = {
  extends: DefaultTheme,
  async enhanceApp() {
    // Custom elements are the browser's; while the pages are built there is none.
    if (!import.meta.env.SSR) await import("../../playground/element.ts");
  },
};

export default theme;
