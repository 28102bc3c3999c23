/** The built site in a real browser: the Chromium, or Chrome, that is found on the machine. */
import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

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
  // Without the sandbox it also starts as root, in a container; the site is our own.
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

export interface Look {
  width?: number;
  height?: number;
  theme?: "light" | "dark";
  javaScript?: boolean;
}

export interface Visit {
  page: Page;
  /** Errors and warnings on the console, errors that nobody caught, and requests to other hosts. */
  complaints: string[];
  context: BrowserContext;
}

/** A page of its own, which notes whatever is to be complained of. */
export async function visit(browser: Browser, address: string, look: Look = {}): Promise<Visit> {
  const { width = 1280, height = 900, theme = "light", javaScript = true } = look;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    javaScriptEnabled: javaScript,
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(`${page.url()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error}`));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(address) && !/^(?:data|blob|about):/.test(url)) complaints.push(`asks for ${url}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) complaints.push(`${response.url()}: ${response.status()}`);
  });
  return { page, complaints, context };
}
