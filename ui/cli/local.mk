# The command line: a library of commands, and the program that is also the console.
noinst_LIBRARIES += %D%/libcli.a
%C%_libcli_a_CPPFLAGS = $(UI_CPPFLAGS) $(JSONC_CFLAGS)
%C%_libcli_a_SOURCES = \
	%D%/cli.c %D%/cli.h %D%/cli_private.h \
	%D%/commands.c %D%/commands.h \
	%D%/devices.c \
	%D%/json.c %D%/json.h \
	%D%/mib.c \
	%D%/print.c %D%/print.h \
	%D%/read.c \
	%D%/session.c \
	%D%/set.c
EXTRA_DIST += %D%/main.c
