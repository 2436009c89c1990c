// Before anything is drawn: the theme that was chosen in this browser. Without one, the system's counts.
try {
  const theme = localStorage.getItem("runyard.theme")
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme
} catch {
  // No storage here: the system's theme.
}
