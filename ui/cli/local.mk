# The command line: a library of commands, and the program that is also the console.
noinst_LIBRARIES += %D%/libcli.a
%C%_libcli_a_CPPFLAGS = $(UI_CPPFLAGS) $(JSONC_CFLAGS)
%C%_libcli_a_SOURCES = \
	%D%/cli.c %D%/cli.h %D%/cli_private.h \
	%D%/commands.c %D%/commands.h \
	%D%/devices.c \
	%D%/digest.c \
	%D%/formats.c %D%/formats.h \
	%D%/help.c \
	%D%/import.c \
	%D%/json.c %D%/json.h \
	%D%/ledger.c \
	%D%/mail.c %D%/mail.h \
	%D%/mail_bounce.c \
	%D%/mail_doctor.c \
	%D%/mib.c %D%/mib.h \
	%D%/mib_lint.c \
	%D%/mib_modules.c \
	%D%/mib_show.c \
	%D%/objects.c %D%/objects.h \
	%D%/outbox.c %D%/outbox.h \
	%D%/print.c %D%/print.h \
	%D%/poll.c \
	%D%/prompt.c %D%/prompt.h \
	%D%/quirks.c \
	%D%/read.c %D%/read.h \
	%D%/record.c \
	%D%/rows.c %D%/rows.h \
	%D%/send.c \
	%D%/senders.c \
	%D%/session.c \
	%D%/set.c \
	%D%/table.c \
	%D%/trap_handled.c %D%/trap_handled.h \
	%D%/trap_replay.c \
	%D%/trap_send.c \
	%D%/traps.c

bin_PROGRAMS += trapline
trapline_CPPFLAGS = $(UI_CPPFLAGS)
trapline_SOURCES = %D%/main.c
trapline_LDADD = %D%/libcli.a ui/console/libconsole.a backend/collector/libcollector.a backend/snmp/libtlsnmp.a backend/mib/libmib.a \
	backend/store/libstore.a backend/settings/libsettings.a backend/io/libio.a backend/text/libtext.a \
	backend/core/libcore.a $(NETSNMP_LIBS) $(NCURSES_LIBS) $(JSONC_LIBS) $(SQLITE_LIBS) $(CONFUSE_LIBS) \
	$(PCRE2_LIBS) $(SECCOMP_LIBS) $(CAPNG_LIBS) $(UNISTRING_LIBS) -lm
