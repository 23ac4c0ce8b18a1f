# The MIB compiler against others (check-corpus) and against what real files get wrong.
check_PROGRAMS += %D%/oracle
%C%_oracle_SOURCES = %D%/oracle.c %D%/oracle-smi.c %D%/oracle-smi.h
%C%_oracle_CPPFLAGS = $(AM_CPPFLAGS) $(NETSNMP_CFLAGS)
%C%_oracle_LDADD = backend/mib/libmib.a backend/core/libcore.a $(NETSNMP_LIBS) -lsmi

corpus_targets += check-corpus-mib
check-corpus-mib: tests/mib/oracle
	@top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' CORPUS="$(CORPUS)" \
	    /usr/bin/python3 -B '$(srcdir)'/tests/mib/oracle.py >tests/mib/oracle.tap 2>&1 || { cat tests/mib/oracle.tap; exit 1; }
	@cat tests/mib/oracle.tap
CLEANFILES += tests/mib/oracle.tap
EXTRA_DIST += %D%/oracle.py %D%/differences
phony_targets += check-corpus-mib

check_PROGRAMS += %D%/lenient
TESTS += %D%/lenient
%C%_lenient_SOURCES = %D%/lenient.c
%C%_lenient_LDADD = backend/mib/libmib.a backend/core/libcore.a $(CMOCKA_LIBS)

check_PROGRAMS += %D%/refresh
TESTS += %D%/refresh %D%/compile.py
EXTRA_DIST += %D%/compile.py
%C%_refresh_SOURCES = %D%/refresh.c
%C%_refresh_LDADD = backend/mib/libmib.a backend/io/libio.a backend/core/libcore.a $(SECCOMP_LIBS) $(CAPNG_LIBS) $(CMOCKA_LIBS)
