/* suanyud: the authoritative server. Reads its arguments, opens everything in order, runs,
 * closes in reverse order. */
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/http.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/proc.h"
#include "base/rand.h"
#include "server/checkpoint.h"
#include "server/conf.h"
#include "server/ctl_cmd.h"
#include "server/gauge.h"
#include "server/keeper.h"
#include "server/tcp.h"
#include "server/tcp_later.h"
#include "server/udp.h"
#include "server/update.h"
#include "server/writer.h"
#include "server/xfr_out.h"

#ifndef SUANYU_VERSION
#define SUANYU_VERSION "development"
#endif

enum {
    FILES_MAX = 65536,
    MS_PER_S = 1000,
    TCP_BACKLOG_MAX = 1 << 20,
    UPDATES_MAX = 10000,          /* that wait */
    UPDATE_OCTETS_MAX = 64 << 20, /* of them */
};

/* Everything of one running server, in the order in which it is opened. */
struct daemon {
    const char *conf_path;
    struct server_conf *conf;
    const struct clock *clock;
    struct stat_registry *stat;
    struct stat_set *main_stat; /* of the loop's thread */
    struct world_handle world;
    struct loop *loop;
    struct query_worker *query; /* of the loop's thread */
    struct udp *udp;
    struct tcp *tcp;
    struct zone_store *store;
    struct keeper *keeper;
    struct writer *writer;
    struct update_gate *gate;
    struct checkpoint checkpoint;
    struct metrics *metrics;
    struct gauge_context gauges;
    struct http_route routes[1];
    struct http **https;
    struct ctl *ctl;
    struct ctl_cmd_context commands;
    struct loop_signal hangup, terminate, interrupt;
};

/* A reload on its way through the writer. */
struct reload {
    struct writer_job job;
    struct daemon *daemon;
    struct server_conf *conf;
};

static void log_place(void *context, const struct err_at *at)
{
    const char *event = context;
    if (at->line > 0) {
        log_error(event, "file=%s line=%u column=%u text=%s", at->file ? at->file : "", at->line,
                  at->column, at->text);
    } else {
        log_error(event, "file=%s text=%s", at->file ? at->file : "", at->text);
    }
}

/* What the command line shows of an error: the form that editors understand. */
static void print_place(const char *sort, const struct err_at *at)
{
    const char *file = at->file ? at->file : "";
    fprintf(stderr, "%s:%u:%u: %s%s\n", file, at->line, at->column, sort, at->text);
}

static void fill_address(const struct server_conf_address *from, struct sockaddr_storage *to)
{
    memset(to, 0, sizeof(*to));
    if (from->family == 4) {
        struct sockaddr_in *in = (struct sockaddr_in *)to;
        in->sin_family = AF_INET;
        in->sin_port = htons(from->port);
        memcpy(&in->sin_addr, from->address, 4);
        return;
    }
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(from->port);
    memcpy(&in6->sin6_addr, from->address, 16);
}

static struct sockaddr_storage *addresses_of(const struct server_conf_addresses *list)
{
    struct sockaddr_storage *addresses = mem_alloc((list->count + 1) * sizeof(*addresses));
    for (size_t i = 0; i < list->count; i++) {
        fill_address(&list->items[i], &addresses[i]);
    }
    return addresses;
}

/* Sockets first: they may need what only root may do. */
static int open_sockets(struct daemon *daemon)
{
    const struct server_conf_server *conf = &daemon->conf->server;
    struct sockaddr_storage *addresses = addresses_of(&conf->listen);
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct udp_options udp = {
        .addresses = addresses,
        .address_count = conf->listen.count,
        .workers = conf->workers ? conf->workers : (unsigned)cores,
        .batch = conf->batch,
        .receive_buffer = conf->receive_buffer,
        .cpu_affinity = conf->cpu_affinity,
    };
    struct tcp_options tcp = {
        .addresses = addresses,
        .address_count = conf->listen.count,
        .connections_max = conf->tcp_connections,
        .per_source_max = conf->tcp_connections_per_address,
        .in_flight_max = conf->tcp_in_flight,
        .backlog_max = TCP_BACKLOG_MAX,
        .idle_ms = conf->tcp_idle_s * MS_PER_S,
        .stall_ms = conf->tcp_stall_s * MS_PER_S,
    };
    size_t position = 0;
    int err = udp_open(&udp, &daemon->udp, &position);
    if (err) {
        log_error("udp_open_failed", "port=%u error=%s", conf->listen.items[position].port,
                  err_text(err));
    } else {
        daemon->query = query_worker_create(&daemon->world, daemon->main_stat, daemon->clock);
        err = tcp_create(daemon->loop, &tcp, query_handle, daemon->query, daemon->main_stat,
                         &daemon->tcp);
        if (err) {
            log_error("tcp_open_failed", "error=%s", err_text(err));
        }
    }
    mem_free(addresses);
    return err;
}

/* The folders above a path, when they do not exist: people name one under a scratch folder. */
static void make_parents(const char *path)
{
    char *folder = mem_text(path);
    for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(folder, 0755) && errno != EEXIST) {
            log_warn("mkdir_failed", "folder=%s error=%s", folder, strerror(errno));
        }
        *slash = '/';
    }
    mem_free(folder);
}

/* Zones from the store or their files; from here on there is a world to answer from. */
static int open_zones(struct daemon *daemon)
{
    const struct server_conf_store *conf = &daemon->conf->store;
    make_parents(conf->path);
    int err = zone_store_open(conf->path, conf->map_size, &daemon->store);
    if (err) {
        log_error("store_open_failed", "path=%s error=%s", conf->path, err_text(err));
        return err;
    }
    struct keeper_report report = {log_place, "zone_load_failed"};
    daemon->keeper = keeper_create(daemon->store, &daemon->world, daemon->clock,
                                   stat_registry_add(daemon->stat));
    return keeper_apply(daemon->keeper, daemon->conf, &report);
}

static int open_updates(struct daemon *daemon)
{
    struct update_limits limits = {UPDATES_MAX, UPDATE_OCTETS_MAX};
    int err = mac_self_test();
    if (err) {
        log_error("mac_failed", "error=%s", err_text(err));
        return err;
    }
    daemon->gate = update_gate_create(daemon->writer, daemon->keeper, daemon->clock,
                                      stat_registry_add(daemon->stat), &limits);
    struct query_updates updates = {daemon->gate, tcp_later_fill, xfr_out_start, daemon->tcp};
    query_worker_take_updates(daemon->query, &updates);
    checkpoint_start(&daemon->checkpoint, daemon->loop, daemon->writer, daemon->keeper,
                     daemon->conf->store.checkpoint_s);
    return 0;
}

static int open_http(struct daemon *daemon)
{
    const struct server_conf_addresses *listen = &daemon->conf->server.http_listen;
    daemon->metrics = metrics_create(daemon->stat);
    daemon->gauges = (struct gauge_context){&daemon->world, zone_store_kv(daemon->store),
                                            daemon->clock, daemon->clock->mono_ns(daemon->clock)};
    gauge_add(daemon->metrics, &daemon->gauges);
    daemon->routes[0] = (struct http_route){"GET", "/metrics", 0, metrics_handle, daemon->metrics};
    daemon->https = mem_alloc((listen->count + 1) * sizeof(struct http *));
    for (size_t i = 0; i < listen->count; i++) {
        struct sockaddr_storage address;
        fill_address(&listen->items[i], &address);
        int err = http_open((struct sockaddr *)&address, daemon->routes, 1, &daemon->https[i]);
        if (err) {
            log_error("http_open_failed", "port=%u error=%s", listen->items[i].port, err_text(err));
            return err;
        }
    }
    return 0;
}

static int open_control(struct daemon *daemon)
{
    size_t count;
    daemon->commands = (struct ctl_cmd_context){
        .registry = daemon->stat,
        .world = &daemon->world,
        .keeper = daemon->keeper,
        .writer = daemon->writer,
        .kv = zone_store_kv(daemon->store),
        .clock = daemon->clock,
        .start_ns = daemon->clock->mono_ns(daemon->clock),
        .version = SUANYU_VERSION,
    };
    struct ctl_options options = {.path = daemon->conf->control.socket, .owner = geteuid()};
    options.commands = ctl_cmd_table(&count);
    options.command_count = count;
    options.context = &daemon->commands;
    make_parents(options.path);
    int err = ctl_create(daemon->loop, &options, daemon->main_stat, &daemon->ctl);
    if (err) {
        log_error("control_open_failed", "socket=%s error=%s", options.path, err_text(err));
    }
    return err;
}

static void log_warnings(const struct server_conf *conf)
{
    const struct err_at *at;
    for (size_t i = 0; (at = server_conf_warning(conf, i)); i++) {
        log_warn("config_warning", "file=%s line=%u text=%s", at->file ? at->file : "", at->line,
                 at->text);
    }
}

static bool is_same_list(const struct server_conf_addresses *a,
                         const struct server_conf_addresses *b)
{
    return a->count == b->count &&
           (a->count == 0 || memcmp(a->items, b->items, a->count * sizeof(*a->items)) == 0);
}

static bool is_same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Sockets, threads and the store stay as they were opened. */
static void warn_restart(const struct server_conf *old, const struct server_conf *new)
{
    bool same =
        is_same_list(&old->server.listen, &new->server.listen) &&
        is_same_list(&old->server.http_listen, &new->server.http_listen) &&
        old->server.workers == new->server.workers &&
        old->server.batch == new->server.batch &&is_same_text(old->server.user, new->server.user) &&
        is_same_text(old->control.socket, new->control.socket) &&
        is_same_text(old->store.path, new->store.path);
    if (!same) {
        log_warn("config_restart", "text=%s",
                 "sockets, workers, user and store change with the next start");
    }
}

static void run_reload(struct writer_job *job)
{
    struct reload *reload = (struct reload *)(void *)job; /* job is the first member */
    struct daemon *daemon = reload->daemon;
    struct keeper_report report = {log_place, "zone_load_failed"};
    int err = keeper_apply(daemon->keeper, reload->conf, &report);
    if (err) {
        log_error("reload_failed", "error=%s text=%s", err_text(err),
                  "the old configuration stays");
    } else {
        log_info("reloaded", "file=%s", daemon->conf_path);
    }
    proc_notify("READY=1");
    server_conf_free(reload->conf);
    mem_free(reload);
}

static void on_hangup(struct loop_signal *sig, int number)
{
    (void)number;
    struct daemon *daemon = sig->context;
    struct server_conf *conf = NULL;
    struct err_at at = {.text = ""};
    proc_notify("RELOADING=1");
    if (server_conf_load(daemon->conf_path, &conf, &at)) {
        stat_add(daemon->main_stat, STAT_config_reload_failed, 1);
        log_place("reload_failed", &at);
        proc_notify("READY=1");
        return;
    }
    stat_add(daemon->main_stat, STAT_config_reload_ok, 1);
    log_warnings(conf);
    warn_restart(daemon->conf, conf);
    log_init(conf->server.log_level, "suanyud");
    struct reload *reload = mem_alloc(sizeof(*reload));
    *reload = (struct reload){{NULL, run_reload}, daemon, conf};
    writer_post(daemon->writer, &reload->job);
}

static void on_stop(struct loop_signal *sig, int number)
{
    struct daemon *daemon = sig->context;
    log_info("stopping", "signal=%d", number);
    loop_stop(daemon->loop);
}

static int watch_signals(struct daemon *daemon)
{
    signal(SIGPIPE, SIG_IGN);
    int err = loop_signal_start(&daemon->hangup, daemon->loop, SIGHUP, on_hangup, daemon);
    err = err ? err : loop_signal_start(&daemon->terminate, daemon->loop, SIGTERM, on_stop, daemon);
    return err ? err : loop_signal_start(&daemon->interrupt, daemon->loop, SIGINT, on_stop, daemon);
}

/* In order: sockets as whoever we are, then the user for good, then what that user may touch. */
static int open_all(struct daemon *daemon)
{
    uint64_t files;
    daemon->clock = clock_system();
    daemon->stat = stat_registry_create();
    daemon->main_stat = stat_registry_add(daemon->stat);
    rand_system()->fill(rand_system(), &daemon->world.key, sizeof(daemon->world.key));
    proc_fd_limit(FILES_MAX, &files);
    int err = loop_create(true, &daemon->loop);
    err = err ? err : open_sockets(daemon);
    if (!err && (err = proc_drop(daemon->conf->server.user))) {
        log_error("user_failed", "user=%s error=%s text=%s",
                  daemon->conf->server.user ? daemon->conf->server.user : "", err_text(err),
                  "as root, server.user must name another user");
    }
    err = err ? err : open_zones(daemon);
    err = err ? err : writer_create(&daemon->writer);
    err = err ? err : open_updates(daemon);
    err = err ? err : open_http(daemon);
    err = err ? err : open_control(daemon);
    err = err ? err : watch_signals(daemon);
    return err ? err
               : udp_start(daemon->udp, &daemon->world, daemon->stat, daemon->clock, daemon->gate);
}

static void close_signal(struct loop_signal *sig)
{
    if (sig->context) {
        loop_signal_close(sig, NULL);
    }
}

/* Readers before what they read: sockets, then the writer's threads, then zones, then the store. */
static void close_all(struct daemon *daemon)
{
    udp_close(daemon->udp);
    close_signal(&daemon->hangup);
    close_signal(&daemon->terminate);
    close_signal(&daemon->interrupt);
    for (size_t i = 0; daemon->https && i < daemon->conf->server.http_listen.count; i++) {
        http_close(daemon->https[i]);
    }
    checkpoint_stop(&daemon->checkpoint);
    writer_destroy(daemon->writer); /* finishes the replies that the control socket waits for */
    ctl_destroy(daemon->ctl);
    tcp_destroy(daemon->tcp);
    if (daemon->loop) {
        loop_run(daemon->loop); /* what waits for its peers still leaves, within their deadlines */
        loop_destroy(daemon->loop);
    }
    query_worker_destroy(daemon->query);
    metrics_destroy(daemon->metrics);
    mem_free(daemon->https);
    update_gate_destroy(daemon->gate);
    keeper_destroy(daemon->keeper);
    world_finish(&daemon->world);
    rcu_drain(); /* worlds give up their zones ... */
    rcu_drain(); /* ... and zones their memory, in a second round */
    zone_store_close(daemon->store);
    stat_registry_destroy(daemon->stat);
}

static int serve(const char *path, struct server_conf *conf)
{
    struct daemon daemon = {.conf_path = path, .conf = conf};
    log_init(conf->server.log_level, "suanyud");
    log_warnings(conf);
    int err = open_all(&daemon);
    if (!err) {
        log_info("started", "version=%s zones=%zu port=%u", SUANYU_VERSION, conf->zones.count,
                 udp_port(daemon.udp, 0));
        proc_notify("READY=1");
        loop_run(daemon.loop);
        proc_notify("STOPPING=1");
    }
    close_all(&daemon);
    return err ? 1 : 0;
}

static int usage(FILE *out)
{
    fputs("usage: suanyud -c FILE [--check]\n"
          "  -c, --config FILE  configuration (YAML, see suanyud.yaml(5))\n"
          "      --check        validate the configuration and exit\n"
          "      --options      print all options, one a line, and exit\n"
          "      --version      print the version and exit\n"
          "      --help         print this and exit\n",
          out);
    return out == stdout ? 0 : 2;
}

int main(int argc, char **argv)
{
    enum { CHECK_ONLY = 256, OPTIONS, VERSION, HELP };
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"check", no_argument, NULL, CHECK_ONLY},
        {"options", no_argument, NULL, OPTIONS},  {"version", no_argument, NULL, VERSION},
        {"help", no_argument, NULL, HELP},        {NULL, 0, NULL, 0},
    };
    const char *path = NULL;
    bool check_only = false;
    for (int option; (option = getopt_long(argc, argv, "c:", options, NULL)) != -1;) {
        switch (option) {
        case 'c':
            path = optarg;
            break;
        case CHECK_ONLY:
            check_only = true;
            break;
        case OPTIONS:
            server_conf_print_options(stdout);
            return 0;
        case VERSION:
            printf("suanyud %s\n", SUANYU_VERSION);
            return 0;
        case HELP:
            return usage(stdout);
        default:
            return usage(stderr);
        }
    }
    if (!path || optind < argc) {
        return usage(stderr);
    }
    struct server_conf *conf = NULL;
    struct err_at at = {.text = ""};
    if (server_conf_load(path, &conf, &at)) {
        print_place("", &at);
        return 1;
    }
    int status = 0;
    if (check_only) {
        const struct err_at *warning;
        for (size_t i = 0; (warning = server_conf_warning(conf, i)); i++) {
            print_place("warning: ", warning);
        }
        printf("%s: ok, %zu zones\n", path, conf->zones.count);
    } else {
        status = serve(path, conf);
    }
    server_conf_free(conf);
    return status;
}
