# Asking agents: sessions, walks, tables. The only folder of the console's side with net-snmp.
noinst_LIBRARIES += %D%/libtlsnmp.a
%C%_libtlsnmp_a_SOURCES = \
	%D%/ask.c \
	%D%/connect.c \
	%D%/device.c \
	%D%/engine.c \
	%D%/explore.c %D%/explore.h \
	%D%/exchange.c \
	%D%/inventory.c \
	%D%/library.c %D%/library.h \
	%D%/notify.c \
	%D%/poll.c \
	%D%/recording.c %D%/recording.h \
	%D%/relay.c %D%/relay.h \
	%D%/security.c %D%/security.h \
	%D%/session.h \
	%D%/sweep.c %D%/sweep.h \
	%D%/stream.c %D%/stream.h \
	%D%/table.c \
	%D%/transport.c %D%/transport.h \
	%D%/tsm.c %D%/tsm.h \
	%D%/v3.c \
	%D%/walk.c
%C%_libtlsnmp_a_CPPFLAGS = $(AM_CPPFLAGS) $(NETSNMP_CFLAGS)
