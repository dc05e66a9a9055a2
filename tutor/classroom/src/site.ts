import "./styles/site.css";
import { enableThemeButton } from "./page/theme";

enableThemeButton();
