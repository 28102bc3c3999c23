/** The built page in a real browser: the Chromium, or Chrome, that is found on the machine. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";

export const root = join(import.meta.dirname, "../../../../../..");
export const built = join(root, "out/page");

const places = [
  process.env.CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

export function launch(): Promise<Browser> {
  const executablePath = places.find((place) => place !== undefined && existsSync(place));
  if (executablePath === undefined) {
    throw new Error("no Chromium found: install it (apt install chromium), or set CHROMIUM to its path");
  }
  // Without the sandbox it also starts as root, in a container; the page is our own.
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

export interface Look {
  /** What stands after # in the address. */
  hash?: string;
  width?: number;
  height?: number;
  theme?: "light" | "dark";
  reducedMotion?: boolean;
}

export interface Opened {
  page: Page;
  /** Errors and warnings on the console, and errors that nobody caught. */
  complaints: string[];
  close(): Promise<void>;
}

/** Waits until the page shows what was chosen. */
export async function atRest(page: Page): Promise<void> {
  await page.locator('main[aria-busy="false"]').waitFor();
}

/** Opens the page from its folder, without a server, and waits until it shows a run. */
export async function open(browser: Browser, look: Look = {}): Promise<Opened> {
  const { hash = "", width = 1400, height = 1000, theme = "light", reducedMotion = false } = look;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion: reducedMotion ? "reduce" : "no-preference",
    permissions: [],
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(`${pathToFileURL(join(built, "index.html"))}${hash === "" ? "" : `#${hash}`}`);
  await atRest(page);
  await page.locator(".chart svg").first().waitFor();
  return { page, complaints, close: () => context.close() };
}
