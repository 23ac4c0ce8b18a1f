# Unit tests of backend/store and of the codec it keeps values in.
store_tests = %D%/core-ber %D%/core-trap %D%/store-db %D%/store-journal %D%/store-ledger
check_PROGRAMS += $(store_tests)
TESTS += $(store_tests)
%C%_core_ber_SOURCES = %D%/core-ber.c
%C%_core_ber_LDADD = backend/core/libcore.a $(CMOCKA_LIBS)
%C%_store_db_SOURCES = %D%/store-db.c
%C%_store_db_LDADD = backend/store/libstore.a backend/core/libcore.a $(SQLITE_LIBS) $(CMOCKA_LIBS)
%C%_core_trap_SOURCES = %D%/core-trap.c
%C%_core_trap_LDADD = backend/core/libcore.a $(CMOCKA_LIBS)
%C%_store_journal_SOURCES = %D%/store-journal.c
%C%_store_journal_LDADD = backend/store/libstore.a backend/core/libcore.a $(SQLITE_LIBS) $(CMOCKA_LIBS)

# What the collector makes of the outbox, without a process or a socket.
check_PROGRAMS += %D%/collector-delivery
TESTS += %D%/collector-delivery
%C%_collector_delivery_SOURCES = %D%/collector-delivery.c
%C%_collector_delivery_LDADD = backend/collector/libcollector.a backend/core/libcore.a $(CMOCKA_LIBS)

%C%_store_ledger_SOURCES = %D%/store-ledger.c
%C%_store_ledger_LDADD = backend/store/libstore.a backend/core/libcore.a $(SQLITE_LIBS) $(CMOCKA_LIBS)
EXTRA_DIST += %D%/store-2.sql
