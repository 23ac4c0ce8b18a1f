# trapline-mail: one job to one server. The only room with libesmtp, OpenSSL, gsasl and GMime.
noinst_LIBRARIES += %D%/libmail.a
%C%_libmail_a_CFLAGS = $(AM_CFLAGS) $(ESMTP_CFLAGS) $(OPENSSL_CFLAGS) $(GSASL_CFLAGS) $(GMIME_CFLAGS)
%C%_libmail_a_SOURCES = \
	%D%/auth.c \
	%D%/connect.c \
	%D%/dialogue.c \
	%D%/guard.c %D%/guard.h \
	%D%/job.c %D%/job.h \
	%D%/message.c %D%/message.h \
	%D%/mime.c \
	%D%/pipe.c \
	%D%/reply.c %D%/reply.h \
	%D%/report.c %D%/report.h \
	%D%/secret.c %D%/secret.h \
	%D%/tls.c \
	%D%/transaction.c

# submit.c defines connect() and wipe.c free(), so they are in the program and never in a library that a test could link unawares.
pkglibexec_PROGRAMS += trapline-mail
trapline_mail_SOURCES = %D%/main.c %D%/submit.c %D%/wipe.c
trapline_mail_CFLAGS = $(AM_CFLAGS) $(ESMTP_CFLAGS) $(OPENSSL_CFLAGS)
trapline_mail_LDADD = %D%/libmail.a backend/io/libio.a backend/text/libtext.a backend/core/libcore.a \
	$(ESMTP_LIBS) $(OPENSSL_LIBS) $(GSASL_LIBS) $(GMIME_LIBS) $(UNISTRING_LIBS) $(PCRE2_LIBS)
