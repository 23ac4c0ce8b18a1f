# The store: the only folder with SQLite.
noinst_LIBRARIES += %D%/libstore.a
%C%_libstore_a_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS)
%C%_libstore_a_SOURCES = \
	%D%/admit.c \
	%D%/changes.c \
	%D%/db.c %D%/db.h \
	%D%/digest_queue.c %D%/digest_queue.h \
	%D%/journal.c \
	%D%/ledger.c %D%/ledger.h \
	%D%/ledger_hours.c \
	%D%/outbox.c %D%/outbox.h \
	%D%/outbox_person.c \
	%D%/outbox_queue.c \
	%D%/record.c %D%/record.h \
	%D%/recover.c %D%/recover.h \
	%D%/schema.c \
	%D%/senders.c \
	%D%/upkeep.c
