# trapline-tls: sessions of TLS and DTLS, whole messages to and from socket pairs.
pkglibexec_PROGRAMS += trapline-tls
trapline_tls_SOURCES = \
	%D%/ask.c \
	%D%/listen.c \
	%D%/main.c \
	%D%/programs.h \
	%D%/session.c %D%/session.h \
	%D%/terms.c %D%/terms.h \
	%D%/wire.c %D%/wire.h
trapline_tls_CFLAGS = $(AM_CFLAGS) $(OPENSSL_CFLAGS)
trapline_tls_LDADD = backend/io/libio.a backend/text/libtext.a backend/core/libcore.a $(OPENSSL_LIBS) $(SECCOMP_LIBS) \
	$(CAPNG_LIBS) $(UNISTRING_LIBS)
