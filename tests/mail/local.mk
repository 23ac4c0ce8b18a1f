# trapline-mail against servers of our own on loopback; the outbox.
TESTS += %D%/deliver.py %D%/store-outbox
EXTRA_DIST += %D%/certs.sh %D%/deliver.py %D%/rig.py %D%/sink.py
check_PROGRAMS += %D%/store-outbox
%C%_store_outbox_SOURCES = %D%/store-outbox.c
%C%_store_outbox_LDADD = backend/store/libstore.a backend/io/libio.a backend/core/libcore.a $(SQLITE_LIBS) \
	$(CMOCKA_LIBS)
