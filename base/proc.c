#include "base/proc.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"

/* Root in any of the three: whoever has one can get the others. */
static bool is_root(void)
{
    uid_t real;
    uid_t effective;
    uid_t saved;
    return getresuid(&real, &effective, &saved) < 0 || real == 0 || effective == 0 || saved == 0;
}

static int become(const struct passwd *entry)
{
    /* Groups first: afterwards the right to change them is gone. */
    if (initgroups(entry->pw_name, entry->pw_gid) < 0 ||
        setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) < 0 ||
        setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) < 0) {
        return errno == EPERM ? ERR_DENIED : -errno;
    }
    bool back = setuid(0) == 0 || setgid(0) == 0 || is_root();
    return back ? ERR_DENIED : 0;
}

int proc_drop(const char *user)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
        return -errno;
    }
    if (!user || !user[0]) {
        return is_root() ? ERR_DENIED : 0;
    }
    errno = 0;
    const struct passwd *entry = getpwnam(user);
    if (!entry) {
        bool absent =
            errno == 0 || errno == ENOENT || errno == ESRCH; /* getpwnam(3): any of them */
        return absent ? ERR_MISSING : -errno;
    }
    if (entry->pw_uid == 0 || entry->pw_gid == 0) {
        return ERR_DENIED;
    }
    if (is_root()) {
        return become(entry);
    }
    return entry->pw_uid == geteuid() ? 0 : ERR_DENIED;
}

/* One folder; what is there already is left as it is. */
static int make_folder(const char *path, const struct passwd *owner)
{
    if (mkdir(path, owner ? 0750 : 0755)) {
        return errno == EEXIST ? 0 : -errno;
    }
    return owner && lchown(path, owner->pw_uid, owner->pw_gid) ? -errno : 0;
}

int proc_make_folders(const char *path, bool itself, const char *user)
{
    const struct passwd *owner = user && is_root() ? getpwnam(user) : NULL;
    if (user && is_root() && !owner) {
        return ERR_MISSING;
    }
    char *folder = mem_print("%s%s", path, itself ? "/" : "");
    int err = 0;
    for (char *slash = strchr(folder + 1, '/'); !err && slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        err = make_folder(folder, owner);
        *slash = '/';
    }
    mem_free(folder);
    return err;
}

int proc_notify(const char *state)
{
    const char *name = getenv("NOTIFY_SOCKET");
    if (!name || !name[0]) {
        return 0;
    }
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(name);
    if ((name[0] != '/' && name[0] != '@') || len >= sizeof address.sun_path) {
        return ERR_VALUE;
    }
    memcpy(address.sun_path, name, len);
    if (name[0] == '@') {
        address.sun_path[0] = 0; /* unix(7): an abstract name begins with octet 0 */
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    ssize_t sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT,
                          (const struct sockaddr *)&address, size);
    int err = sent < 0 ? -errno : 0;
    close(fd);
    return err;
}

int proc_fd_limit(uint64_t want, uint64_t *out_limit)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) {
        return -errno;
    }
    if (want > limit.rlim_cur) {
        limit.rlim_cur = want < limit.rlim_max ? want : limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) < 0) {
            return -errno;
        }
    }
    *out_limit = limit.rlim_cur;
    return 0;
}
