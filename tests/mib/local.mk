# The MIB compiler against others (check-corpus) and against what real files get wrong.
check_PROGRAMS += %D%/oracle
%C%_oracle_SOURCES = %D%/oracle.c %D%/oracle-smi.c %D%/oracle-smi.h
%C%_oracle_CPPFLAGS = $(AM_CPPFLAGS) $(NETSNMP_CFLAGS)
%C%_oracle_LDADD = backend/mib/libmib.a backend/core/libcore.a $(NETSNMP_LIBS) -lsmi
