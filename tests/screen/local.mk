# Screens against goldens, and what keys do, on a backend of our own.
screen_cppflags = $(UI_CPPFLAGS) -I$(top_srcdir)/tests/screen
screen_fake = backend/mib/mib-value.c %D%/fake.c %D%/fake.h %D%/fake-modules.c %D%/fake-loop.c %D%/fake-loop.h %D%/stage.c %D%/stage.h
screen_libs = ui/console/libconsole.a backend/text/libtext.a backend/io/libio.a backend/core/libcore.a \
	$(NCURSES_LIBS) $(PCRE2_LIBS) $(UNISTRING_LIBS)
check_PROGRAMS += %D%/screens
TESTS += %D%/screens
%C%_screens_SOURCES = %D%/screens.c $(screen_fake)
%C%_screens_CPPFLAGS = $(screen_cppflags)
%C%_screens_LDADD = $(screen_libs)
EXTRA_DIST += %D%/golden %D%/update

check_PROGRAMS += %D%/rules
TESTS += %D%/rules
%C%_rules_SOURCES = %D%/rules.c $(screen_fake)
%C%_rules_CPPFLAGS = $(screen_cppflags) $(CMOCKA_CFLAGS)
%C%_rules_LDADD = $(screen_libs) $(CMOCKA_LIBS)
