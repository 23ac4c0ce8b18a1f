/* The meanings that a cell can have: name in a theme file, and letter in a golden. */
#ifndef CONSOLE_ROLE_H
#define CONSOLE_ROLE_H

#define ROLES(X) \
    X(TEXT, "text", '.') X(TITLE, "title", 'T') X(STRONG, "strong", 'S') X(DIM, "dim", 'd') \
    X(FAINT, "faint", 'f') X(FRAME, "frame", '-') X(TROUGH, "trough", '_') X(FOCUS, "focus", 'F') \
    X(KEY, "key", 'K') X(LABEL, "label", 'l') X(LINK, "link", 'L') X(SELECTION, "selection", 's') \
    X(SELECTION_OTHER, "selection-other", 'o') X(CURSOR, "cursor", '>') X(COLUMN, "column", 'c') \
    X(CELL, "cell", 'C') X(HEADER, "header", 'h') X(PANEL, "panel", 'p') X(BACKDROP, "backdrop", 'b') \
    X(MARKED, "marked", 'm') X(CHANGED, "changed", '!') X(WAS_CHANGED, "was-changed", ',') \
    X(STALE, "stale", 'z') X(OK, "ok", 'k') X(INFO, "info", 'i') X(WARNING, "warning", 'w') \
    X(MINOR, "minor", 'n') X(MAJOR, "major", 'j') X(CRITICAL, "critical", 'r') X(ERROR, "error", 'e') \
    X(LAMP, "lamp", '*') X(PRODUCTION, "production", 'W') X(INPUT, "input", 'I') X(MATCH, "match", 'M') \
    X(DISABLED, "disabled", 'D') X(SERIES1, "series-1", '1') X(SERIES2, "series-2", '2') \
    X(SERIES3, "series-3", '3') X(SERIES4, "series-4", '4') X(SPARK, "spark", 'a')

enum role {
#define X(id, name, letter) ROLE_##id,
    ROLES(X)
#undef X
    ROLE_COUNT
};

const char *role_name(enum role role);
char role_letter(enum role role);

#endif
