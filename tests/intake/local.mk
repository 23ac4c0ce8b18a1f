# The collector against real senders and a real store.
intake_tests = %D%/versions.py %D%/kills.py %D%/disk.py %D%/refused.py \
	%D%/copies.py %D%/clock.py %D%/flood.py %D%/torn.py \
	%D%/privileges.py %D%/streams.py %D%/listener.py %D%/tls.py \
	%D%/retention.py %D%/systemd.py %D%/forward.py %D%/others.py \
	%D%/sends.py %D%/ledger.py %D%/search.py %D%/origin.py \
	%D%/full.py
TESTS += $(intake_tests)
EXTRA_DIST += $(intake_tests) %D%/collector.py %D%/npm.py %D%/npm-sender.js

# Notifications in numbers, for these tests and for the benchmarks.
noinst_PROGRAMS += %D%/blast
%C%_blast_SOURCES = %D%/blast.c %D%/blast.h %D%/message.c
%C%_blast_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS)
%C%_blast_LDADD = backend/core/libcore.a $(OPENSSL_LIBS)

# The disk that fails and the clock that steps; never with the sanitizers, which want to be first.
noinst_DATA += %D%/shim.so
EXTRA_DIST += %D%/shim.c
CLEANFILES += %D%/shim.so
%D%/shim.so: %D%/shim.c
	$(AM_V_GEN)$(MKDIR_P) %D% && $(CC) $(CPPFLAGS) -D_GNU_SOURCE -O1 -shared -fPIC -o $@ $(srcdir)/tests/intake/shim.c -ldl

# The full counts.
long_targets += long-kills long-flood long-retention long-tls
long-kills:
	top_builddir=$(abs_top_builddir) top_srcdir=$(abs_top_srcdir) /usr/bin/python3 $(srcdir)/tests/intake/kills.py 1000
long-flood:
	top_builddir=$(abs_top_builddir) top_srcdir=$(abs_top_srcdir) /usr/bin/python3 $(srcdir)/tests/intake/flood.py 1000000
long-retention:
	top_builddir=$(abs_top_builddir) top_srcdir=$(abs_top_srcdir) /usr/bin/python3 $(srcdir)/tests/intake/retention.py 5000000
long-tls:
	top_builddir=$(abs_top_builddir) top_srcdir=$(abs_top_srcdir) /usr/bin/python3 $(srcdir)/tests/intake/tls.py 1000
phony_targets += long-kills long-flood long-retention long-tls
