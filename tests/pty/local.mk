# The console in a terminal that a program looks at.
check_PROGRAMS += %D%/console %D%/terminal
TESTS += %D%/terminal
%C%_console_SOURCES = %D%/console.c $(screen_backend)
%C%_console_CPPFLAGS = $(UI_CPPFLAGS) -I$(top_srcdir)/tests/screen
%C%_console_LDADD = ui/console/libconsole.a backend/text/libtext.a backend/io/libio.a backend/core/libcore.a \
	$(NCURSES_LIBS) $(PCRE2_LIBS) $(UNISTRING_LIBS)
%C%_terminal_SOURCES = %D%/terminal.c %D%/tty.c %D%/tty.h
%C%_terminal_CPPFLAGS = $(VTERM_CFLAGS) $(CMOCKA_CFLAGS)
%C%_terminal_LDADD = $(VTERM_LIBS) $(CMOCKA_LIBS)
