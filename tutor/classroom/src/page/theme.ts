// The theme: the system's, light or dark. It is kept in a cookie, for then the server writes it
// into the page and nothing flashes; a script would come too late.

const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];

const YEAR_S = 365 * 24 * 3600;

export function enableThemeButton(): void {
  const button = document.querySelector<HTMLButtonElement>("#theme");
  if (!button) {
    return;
  }
  button.hidden = false;
  describe(button, current());
  button.addEventListener("click", () => {
    const next = THEMES[(THEMES.indexOf(current()) + 1) % THEMES.length] ?? "system";
    choose(next);
    describe(button, next);
  });
}

function current(): Theme {
  const theme = document.documentElement.dataset.theme;
  return theme === "light" || theme === "dark" ? theme : "system";
}

function choose(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  // biome-ignore lint/suspicious/noDocumentCookie: the CookieStore API is not everywhere
  document.cookie = `theme=${theme}; path=/; max-age=${YEAR_S}; samesite=lax`;
}

function describe(button: HTMLButtonElement, theme: Theme): void {
  button.setAttribute("aria-label", `Theme: ${theme}`);
  button.title = `Theme: ${theme}`;
}
