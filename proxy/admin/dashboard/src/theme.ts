// Runs before the page is drawn, so that it never shows in the other colours.
import { applyTheme, chosenTheme, followSystem } from './model/theme_choice';

applyTheme(chosenTheme());
followSystem();
