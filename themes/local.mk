# Themes are data: read from here in the build tree, installed beside the program's other data.
themesdir = $(pkgdatadir)/themes
dist_themes_DATA = \
	%D%/16.theme \
	%D%/dark.theme \
	%D%/high-contrast.theme \
	%D%/light.theme \
	%D%/mono.theme
EXTRA_DIST += %D%/README.md
