#!/bin/bash
# accounts.sh DIRECTORY COMMAND...: runs a command as root beside accounts that exist for it alone.
#
# A private mount namespace with an overlay over /etc; everything is gone with the last process in it. Exit status 99:
# such a namespace cannot be made here.
#
# Accounts, all with the password "correct horse" where they have one:
#   tl-usable (its GECOS field names others)  tl-blank (empty field)  tl-locked (usermod -L)  tl-star (field "*")  tl-expired (chage -E 0)
#   tl-change (chage -d 0)  tl-inactive (password too old by more than the inactive days)  tl-many (1500 groups)
#   tl-passwd (the hash is in passwd, and not in shadow)  tl-long, tl-longest (fields of 504 and 505 bytes)
set -eu
if [ "${1:-}" != --inside ]; then
	unshare --mount --propagation private true 2>/dev/null || exit 99
	exec unshare --mount --propagation private "$0" --inside "$@"
fi
directory=$2
shift 2
mount -t tmpfs -o mode=0755 tmpfs "$directory" || exit 99
mkdir "$directory"/{upper,work}
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$directory/upper,workdir=$directory/work" /etc || exit 99

uid=61100
for name in usable blank locked star expired change inactive many passwd long longest; do
	echo "tl-$name:x:$uid:$uid::/nonexistent:/usr/sbin/nologin" >>/etc/passwd
	echo "tl-$name:x:$uid:" >>/etc/group
	echo "tl-$name:*:20000:0:99999:7:::" >>/etc/shadow
	uid=$((uid + 1))
done
for name in usable locked expired change inactive many passwd; do
	echo "tl-$name:correct horse"
done | chpasswd -c YESCRYPT
usermod -p '' tl-blank
usermod -L tl-locked
# What chfn(1) lets its owner write.
usermod -c 'root,tl-locked,0' tl-usable
chage -E 0 tl-expired
chage -d 0 tl-change
chage -d 10000 -M 30 -I 5 tl-inactive
hash=$(sed -n 's/^tl-passwd:\([^:]*\):.*/\1/p' /etc/shadow)
sed -i "s|^tl-passwd:x:|tl-passwd:$hash:|" /etc/passwd
sed -i '/^tl-passwd:/d' /etc/shadow
usermod -p "$(printf '%504s' '' | tr ' ' a)" tl-long
usermod -p "$(printf '%505s' '' | tr ' ' a)" tl-longest
for number in $(seq 1500); do
	echo "tl-many-$number:x:$((62000 + number)):tl-many"
done >>/etc/group
# The stack of Debian's common-auth and common-account, and one that hands on what pam_unix says.
cat >/etc/pam.d/twinlock-password <<'P'
auth	[success=1 default=ignore]	pam_unix.so nullok
auth	requisite			pam_deny.so
auth	required			pam_permit.so
account	[success=1 new_authtok_reqd=done default=ignore]	pam_unix.so
account	requisite			pam_deny.so
account	required			pam_permit.so
P
mkdir /etc/tl-plain.d
cat >/etc/tl-plain.d/twinlock-password <<'P'
auth	required	pam_unix.so nullok
account	required	pam_unix.so
P
exec "$@"
