# MIB modules of our own writing: facts of the standards, our words. One a line, sorted.
mib_modules = \
	%D%/IANAifType-MIB.txt \
	%D%/IF-MIB.txt \
	%D%/RFC-1212.txt \
	%D%/RFC-1215.txt \
	%D%/RFC1155-SMI.txt \
	%D%/SNMPv2-CONF.txt \
	%D%/SNMPv2-MIB.txt \
	%D%/SNMPv2-SMI.txt \
	%D%/SNMPv2-TC.txt

mibsdir = $(pkgdatadir)/mibs
dist_mibs_DATA = $(mib_modules)
EXTRA_DIST += %D%/README.md %D%/omissions
