// Light, dark, or as the system says. Kept in localStorage: it is no secret.
export type Theme = 'system' | 'light' | 'dark';

const KEY = 'pinnace.theme';

export function chosenTheme(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === 'light' || kept === 'dark' ? kept : 'system';
  } catch {
    return 'system'; // Storage is switched off.
  }
}

const system = matchMedia('(prefers-color-scheme: dark)');

// The style sheet has one set of dark colours, and one attribute that chooses it.
export function applyTheme(theme: Theme): void {
  const dark = theme === 'dark' || (theme === 'system' && system.matches);
  document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
}

export function followSystem(): void {
  system.addEventListener('change', () => applyTheme(chosenTheme()));
}

export function chooseTheme(theme: Theme): void {
  applyTheme(theme);
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // It lasts as long as the page, then.
  }
}
