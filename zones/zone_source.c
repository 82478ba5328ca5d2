#include "zones/zone_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

static int read_all(int fd, char *text, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = read(fd, text + done, len - done);
        if (n < 0 && errno != EINTR) {
            return -errno;
        }
        if (n == 0) {
            return ERR_IO;
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int load(int fd, size_t max, struct zone_source *source)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return -errno;
    }
    if (!S_ISREG(st.st_mode)) {
        return ERR_VALUE;
    }
    if ((uintmax_t)st.st_size > max) {
        return ERR_LIMIT;
    }
    *source = (struct zone_source){.device = st.st_dev, .inode = st.st_ino};
    size_t len = (size_t)st.st_size;
    if (len == 0) {
        return 0;
    }
    char *text = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (text == MAP_FAILED) {
        return -errno;
    }
    source->text = text;
    source->len = len;
    return read_all(fd, text, len);
}

int zone_source_open(const char *path, size_t max, struct zone_source *out_source)
{
    struct zone_source source = {.text = NULL};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return -errno;
    }
    int err = load(fd, max, &source);
    (void)close(fd);
    if (err) {
        zone_source_close(&source);
        return err;
    }
    *out_source = source;
    return 0;
}

void zone_source_close(struct zone_source *source)
{
    if (source->text) {
        (void)munmap((void *)(uintptr_t)source->text, source->len);
    }
    source->text = NULL;
    source->len = 0;
}
