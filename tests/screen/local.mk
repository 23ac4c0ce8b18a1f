# Screens against goldens, and what keys do, on a backend of our own.
screen_cppflags = $(UI_CPPFLAGS) -I$(top_srcdir)/tests/screen
screen_backend = backend/mib/mib-value.c %D%/fake.c %D%/fake.h %D%/fake-parts.h %D%/fake-device.c %D%/fake-journal.c %D%/fake-mib.c \
	%D%/fake-modules.c %D%/fake-store.c
screen_fake = $(screen_backend) %D%/fake-loop.c %D%/fake-loop.h %D%/stage.c %D%/stage.h
screen_libs = ui/console/libconsole.a backend/text/libtext.a backend/io/libio.a backend/core/libcore.a \
	$(NCURSES_LIBS) $(PCRE2_LIBS) $(UNISTRING_LIBS)
check_PROGRAMS += %D%/screens
TESTS += %D%/screens
%C%_screens_SOURCES = %D%/screens.c $(screen_fake)
%C%_screens_CPPFLAGS = $(screen_cppflags)
%C%_screens_LDADD = $(screen_libs)
EXTRA_DIST += %D%/golden %D%/update

check_PROGRAMS += %D%/feed
TESTS += %D%/feed
%C%_feed_SOURCES = %D%/feed.c $(screen_fake)
%C%_feed_CPPFLAGS = $(screen_cppflags) $(CMOCKA_CFLAGS)
%C%_feed_LDADD = $(screen_libs) $(CMOCKA_LIBS)

check_PROGRAMS += %D%/rules
TESTS += %D%/rules
%C%_rules_SOURCES = %D%/rules.c $(screen_fake)
%C%_rules_CPPFLAGS = $(screen_cppflags) $(CMOCKA_CFLAGS)
%C%_rules_LDADD = $(screen_libs) $(CMOCKA_LIBS)
