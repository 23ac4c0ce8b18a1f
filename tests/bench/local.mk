# Benchmarks: ratios against the field's own tools, in the same run. BENCH=quick leaves out the long waits.
EXTRA_DIST += %D%/intake.py %D%/mail.py %D%/read.py
bench_targets += bench-read bench-intake
bench-read:
	/usr/bin/python3 $(srcdir)/tests/bench/read.py $(abs_top_builddir) $(BENCH)
bench-intake:
	/usr/bin/python3 $(srcdir)/tests/bench/intake.py $(abs_top_builddir) $(BENCH)
phony_targets += bench-read bench-intake
check_PROGRAMS += %D%/sink
%C%_sink_SOURCES = %D%/sink.c
%C%_sink_CFLAGS = $(AM_CFLAGS) $(OPENSSL_CFLAGS)
%C%_sink_LDADD = $(OPENSSL_LIBS)
bench_targets += bench-mail
bench-mail: tests/bench/sink
	/usr/bin/python3 -B $(srcdir)/tests/bench/mail.py $(abs_top_builddir) $(BENCH)
phony_targets += bench-mail

# The MIB compiler and its snapshot beside net-snmp's parser.
check_PROGRAMS += %D%/mib
%C%_mib_SOURCES = %D%/mib.c
%C%_mib_LDADD = backend/mib/libmib.a backend/core/libcore.a
EXTRA_DIST += %D%/mib.py
bench_targets += bench-mib
bench-mib: tests/bench/mib
	@top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' CORPUS="$(CORPUS)" /usr/bin/python3 -B '$(srcdir)'/tests/bench/mib.py
phony_targets += bench-mib

# The feed over a journal of any size: filled by the store's own code, seen by the console's.
check_PROGRAMS += %D%/fill %D%/feed
%C%_fill_SOURCES = %D%/fill.c
%C%_fill_LDADD = backend/store/libstore.a backend/core/libcore.a $(SQLITE_LIBS)
%C%_feed_SOURCES = %D%/feed.c
%C%_feed_CPPFLAGS = $(UI_CPPFLAGS)
%C%_feed_LDADD = $(trapline_LDADD)
TESTS += %D%/feed.py
EXTRA_DIST += %D%/feed.py
bench_targets += bench-feed
bench-feed:
	top_builddir=$(abs_top_builddir) top_srcdir=$(abs_top_srcdir) /usr/bin/python3 -B $(srcdir)/tests/bench/feed.py 10000000 bench
long_targets += long-feed
long-feed:
	top_builddir=$(abs_top_builddir) top_srcdir=$(abs_top_srcdir) /usr/bin/python3 -B $(srcdir)/tests/bench/feed.py 10000000
phony_targets += bench-feed long-feed
