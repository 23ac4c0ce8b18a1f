# The simulator: an agent for tests, benchmarks and the demo.
noinst_PROGRAMS += %D%/sim
%C%_sim_SOURCES = \
	%D%/agent.c %D%/command.c %D%/command.h %D%/command_device.c %D%/command_fault.c %D%/main.c %D%/message.c \
	%D%/net.c %D%/notify.c %D%/record.c %D%/sim.h %D%/usm.c %D%/write.c
%C%_sim_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS)
%C%_sim_LDADD = backend/core/libcore.a $(OPENSSL_LIBS) -lm
TESTS += %D%/sim.sh %D%/walk.py
EXTRA_DIST += %D%/README.md %D%/corpus.py %D%/recordings.py %D%/sim.sh %D%/walk.py

noinst_PROGRAMS += %D%/ask
%C%_ask_SOURCES = %D%/ask.c %D%/watch.c %D%/watch.h
%C%_ask_LDADD = backend/snmp/libtlsnmp.a backend/io/libio.a backend/text/libtext.a backend/core/libcore.a $(UNISTRING_LIBS) $(NETSNMP_LIBS) -lm

# make check-corpus: every recording, served and read back.
corpus_targets += check-corpus-recordings
check-corpus-recordings:
	/usr/bin/python3 $(srcdir)/tests/sim/corpus.py "$(CORPUS)/recordings" $(abs_top_builddir)
phony_targets += check-corpus-recordings

# make check-long: larger tables.
long_targets += check-long-walk
check-long-walk:
	top_builddir=$(abs_top_builddir) /usr/bin/python3 $(srcdir)/tests/sim/walk.py long
phony_targets += check-long-walk
