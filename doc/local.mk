# Manual pages and what a maintainer reads.
dist_man_MANS += %D%/trapline.1 %D%/trapline.conf.5 %D%/traplined.8
EXTRA_DIST += %D%/architecture.md %D%/console.png
