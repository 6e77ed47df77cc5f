/* Who is at the other end. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctl.h"

int yj_ctl_peer_read(int fd, struct yj_ctl_peer *peer)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0 || len != sizeof(cred))
		return YJ_ERR_IO;
	*peer = (struct yj_ctl_peer){.uid = cred.uid, .gid = cred.gid, .pid = cred.pid};
	return 0;
}

/* The supplementary groups that the peer really has, from the kernel. Returns their number and a
 * list to be freed, or -1. */
static int groups_of_socket(int fd, gid_t **list)
{
	socklen_t len = 64 * sizeof(gid_t);
	for (int i = 0; i < 2; i++) {
		gid_t *groups = malloc(len);
		if (!groups)
			return -1;
		if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) == 0) {
			*list = groups;
			return (int)(len / sizeof(gid_t));
		}
		free(groups);
		if (errno != ERANGE) /* else len is now what it takes */
			break;
	}
	return -1;
}

/* The same from the group database, for kernels that do not tell. */
static int groups_of_user(const struct yj_ctl_peer *peer, gid_t **list)
{
	char buf[16384];
	struct passwd pw, *found = NULL;
	if (getpwuid_r(peer->uid, &pw, buf, sizeof(buf), &found) != 0 || !found)
		return -1;
	int n = 1024;
	gid_t *groups = malloc((size_t)n * sizeof(gid_t));
	if (!groups)
		return -1;
	if (getgrouplist(pw.pw_name, peer->gid, groups, &n) < 0) {
		free(groups);
		return -1;
	}
	*list = groups;
	return n;
}

bool yj_ctl_peer_allowed(int fd, const struct yj_ctl_peer *peer, gid_t group)
{
	if (peer->uid == 0 || peer->uid == geteuid() || peer->gid == group)
		return true;
	gid_t *groups = NULL;
	int n = groups_of_socket(fd, &groups);
	if (n < 0 && errno == ENOPROTOOPT)
		n = groups_of_user(peer, &groups);
	bool member = false;
	for (int i = 0; i < n && !member; i++)
		member = groups[i] == group;
	free(groups);
	return member;
}

void yj_ctl_peer_name(struct yj_ctl *ctl, struct yj_ctl_peer *peer)
{
	for (size_t i = 0; i < YJ_CTL_NAMES_MAX; i++) {
		if (ctl->names[i].set && ctl->names[i].uid == peer->uid) {
			memcpy(peer->user, ctl->names[i].user, sizeof(peer->user));
			return;
		}
	}
	char buf[16384];
	struct passwd pw, *found = NULL;
	if (getpwuid_r(peer->uid, &pw, buf, sizeof(buf), &found) == 0 && found)
		snprintf(peer->user, sizeof(peer->user), "%s", pw.pw_name);
	else
		snprintf(peer->user, sizeof(peer->user), "%lu", (unsigned long)peer->uid);

	/* remembered, since the user database may be a slow network service */
	struct ctl_name *name = &ctl->names[ctl->next_name++ % YJ_CTL_NAMES_MAX];
	name->set = true;
	name->uid = peer->uid;
	memcpy(name->user, peer->user, sizeof(name->user));
}
