# The collector against real senders and a real store.
intake_tests = %D%/versions.py %D%/kills.py
TESTS += $(intake_tests)
EXTRA_DIST += $(intake_tests) %D%/collector.py

# Notifications in numbers, for these tests and for the benchmarks.
noinst_PROGRAMS += %D%/blast
%C%_blast_SOURCES = %D%/blast.c %D%/blast.h %D%/message.c
%C%_blast_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS)
%C%_blast_LDADD = backend/core/libcore.a $(OPENSSL_LIBS)
