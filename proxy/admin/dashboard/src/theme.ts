// Runs before the page is drawn, so that it never shows in the other colours.
import { applyTheme, chosenTheme } from './theme_choice';

applyTheme(chosenTheme());
