import "./site.css";
import { enableThemeButton } from "./page/theme";

enableThemeButton();
