# The console. Only term.c sees ncurses.
noinst_LIBRARIES += %D%/libconsole.a
%C%_libconsole_a_CPPFLAGS = $(UI_CPPFLAGS) $(NCURSES_CFLAGS)
%C%_libconsole_a_SOURCES = \
	%D%/app.c %D%/app.h \
	%D%/cells.c %D%/cells.h \
	%D%/canvas.c %D%/canvas.h \
	%D%/changeset.c %D%/changeset.h \
	%D%/command.c \
	%D%/console.c %D%/console.h \
	%D%/errand.c %D%/errand.h \
	%D%/feed.c %D%/feed.h \
	%D%/feed_digest.c %D%/feed_digest.h \
	%D%/feed_hour.c %D%/feed_hour.h \
	%D%/feed_row.c %D%/feed_row.h \
	%D%/format.c %D%/format.h \
	%D%/frame.c %D%/frame.h \
	%D%/hosts.c %D%/hosts.h \
	%D%/ledger_line.c %D%/ledger_line.h \
	%D%/list.c %D%/list.h \
	%D%/mail_page.c %D%/mail_page.h \
	%D%/names.c %D%/names.h \
	%D%/prompt.c %D%/prompt.h \
	%D%/readings.c %D%/readings.h \
	%D%/role.h \
	%D%/table.c %D%/table.h \
	%D%/term.c %D%/term.h \
	%D%/theme.c %D%/theme.h \
	%D%/tree.c %D%/tree.h \
	%D%/view.h \
	%D%/browse.h %D%/browse_draw.c %D%/browse_read.c %D%/view_browse.c \
	%D%/view_changes.c \
	%D%/view_compose.c \
	%D%/view_devices.c \
	%D%/view_help.c \
	%D%/view_ledger.c \
	%D%/view_mail.c \
	%D%/view_modules.c \
	%D%/view_prompt.c \
	%D%/view_refs.c \
	%D%/view_set.c \
	%D%/view_table.c \
	%D%/view_trap.c \
	%D%/view_traps.c \
	%D%/views.h
