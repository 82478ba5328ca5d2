/* suanyud: the authoritative server. Reads its arguments, opens everything in order, runs,
 * closes in reverse order. */
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
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
#include "server/keeper_pools.h"
#include "server/lease_expiry.h"
#include "server/notify.h"
#include "server/refresh.h"
#include "server/reload.h"
#include "server/root.h"
#include "server/sig0.h"
#include "server/steer_first.h"
#include "server/store_state.h"
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
    SIG0_MAX = 1000,           /* that wait to be verified */
    SIG0_OCTETS_MAX = 4 << 20, /* of them */
    FIRST_CHOICES = 4096,      /* of sticky services, by place: 64 KiB */
};

/* Everything of one running server, in the order in which it is opened. */
struct daemon {
    const char *conf_path;
    struct server_conf *conf;
    const struct clock *clock;
    struct stat_registry *stat;
    struct stat_set *main_stat;   /* of the loop's thread */
    struct stat_set *writer_stat; /* of the writer's */
    struct world_handle world;
    struct loop *loop;
    struct query_worker *query; /* of the loop's thread */
    struct udp *udp;
    struct tcp *tcp;
    struct zone_store *store;
    struct keeper *keeper;
    struct store_state *store_state;
    struct writer *writer;
    struct notify *notify;
    struct refresh *refresh;
    struct update_gate *gate;
    struct xfr_out xfr;
    struct sig0 *sig0;
    struct checkpoint checkpoint;
    struct lease_expiry leases;
    struct metrics *metrics;
    struct gauge_context gauges;
    struct http_route routes[1];
    struct http **https;
    struct ctl *ctl;
    struct ctl_cmd_context commands;
    struct reload_context reload;
    struct loop_signal hangup, terminate, interrupt;
};

/* What the command line shows of an error: the form that editors understand. */
static void print_place(const char *sort, const struct err_at *at)
{
    const char *file = at->file ? at->file : "";
    if (at->line > 0) {
        fprintf(stderr, "%s:%u:%u: %s%s\n", file, at->line, at->column, sort, at->text);
    } else {
        fprintf(stderr, "%s%s%s%s\n", file, file[0] ? ": " : "", sort, at->text);
    }
}

static struct sockaddr_storage *addresses_of(const struct server_conf_addresses *list)
{
    struct sockaddr_storage *addresses = mem_alloc((list->count + 1) * sizeof(*addresses));
    for (size_t i = 0; i < list->count; i++) {
        server_conf_value_fill_address(&list->items[i], &addresses[i]);
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
    daemon->query = query_worker_create(&daemon->world, daemon->main_stat, daemon->clock);
    /* TCP refuses addresses that another server has; UDP would share them and take its queries. */
    int err = tcp_create(daemon->loop, &tcp, query_handle, daemon->query, daemon->main_stat,
                         &daemon->tcp);
    if (err) {
        log_error("tcp_open_failed", "port=%u addresses=%zu error=%s", conf->listen.items[0].port,
                  conf->listen.count, err_text(err));
    } else if ((err = udp_open(&udp, &daemon->udp, &position))) {
        log_error("udp_open_failed", "port=%u error=%s", conf->listen.items[position].port,
                  err_text(err));
    }
    mem_free(addresses);
    return err;
}

/* Zones from the store or their files; from here on there is a world to answer from. */
static int open_zones(struct daemon *daemon)
{
    const struct server_conf_store *conf = &daemon->conf->store;
    int err = zone_store_open(conf->path, conf->map_size, &daemon->store);
    if (err) {
        log_error("store_open_failed", "path=%s error=%s", conf->path, err_text(err));
        return err;
    }
    struct keeper_report report = {keeper_report_log, "zone_load_failed"};
    daemon->writer_stat = stat_registry_add(daemon->stat);
    daemon->keeper =
        keeper_create(daemon->store, &daemon->world, daemon->clock, daemon->writer_stat);
    return keeper_apply(daemon->keeper, daemon->conf, &report);
}

/* Before anything may change a zone; the first round tells what changed before we ended last time. */
static int open_notify(struct daemon *daemon)
{
    int err = notify_create(daemon->loop, &daemon->world, daemon->main_stat, NOTIFY_RETRY_MS,
                            &daemon->notify);
    if (err) {
        log_error("notify_open_failed", "error=%s", err_text(err));
        return err;
    }
    keeper_take_notify(daemon->keeper, daemon->notify);
    return 0;
}

static int open_sig0(struct daemon *daemon)
{
    struct sig0_limits limits = {SIG0_MAX, SIG0_OCTETS_MAX};
    int err = sig0_create(daemon->gate, daemon->clock, stat_registry_add(daemon->stat), &limits,
                          &daemon->sig0);
    if (err) {
        log_error("sig0_failed", "error=%s", err_text(err));
    }
    return err;
}

/* Before queries come: their NOTIFY and updates go there. */
static int open_refresh(struct daemon *daemon)
{
    struct refresh_options options = {
        .world = &daemon->world,
        .writer = daemon->writer,
        .adopt = {daemon->keeper, daemon->store, daemon->clock},
        .clock = daemon->clock,
        .stat = stat_registry_add(daemon->stat),
    };
    int err = refresh_create(&options, &daemon->refresh);
    if (err) {
        log_error("refresh_open_failed", "error=%s", err_text(err));
        return err;
    }
    struct keeper_refresh refresh = {refresh_configure, daemon->refresh};
    keeper_take_refresh(daemon->keeper, &refresh);
    return 0;
}

static int open_updates(struct daemon *daemon)
{
    const struct server_conf_server *conf = &daemon->conf->server;
    struct update_limits limits = {conf->update_queue, conf->update_queue_octets,
                                   conf->update_queue_per_key};
    int err = mac_self_test();
    if (err) {
        log_error("mac_failed", "error=%s", err_text(err));
        return err;
    }
    daemon->gate = update_gate_create(daemon->writer, daemon->keeper, daemon->clock,
                                      daemon->writer_stat, &limits);
    daemon->store_state =
        store_state_create(daemon->store, daemon->keeper, daemon->clock, daemon->writer_stat);
    update_gate_take_state(daemon->gate, daemon->store_state);
    store_state_start(daemon->store_state, daemon->loop, daemon->writer);
    daemon->xfr.tcp = daemon->tcp;
    xfr_past_source_init(&daemon->xfr.past, daemon->writer, daemon->keeper, daemon->store);
    if ((err = open_sig0(daemon))) {
        return err;
    }
    struct query_updates updates = {.gate = daemon->gate,
                                    .sig0 = daemon->sig0,
                                    .fill = tcp_later_fill,
                                    .transfer = xfr_out_start,
                                    .context = daemon->tcp,
                                    .transfers = &daemon->xfr,
                                    .refresh = daemon->refresh};
    query_worker_take_updates(daemon->query, &updates);
    checkpoint_start(&daemon->checkpoint, daemon->loop, daemon->writer, daemon->keeper,
                     daemon->conf->store.checkpoint_s);
    lease_expiry_init(&daemon->leases, daemon->keeper, daemon->clock, daemon->writer_stat);
    lease_expiry_start(&daemon->leases, daemon->loop, daemon->writer);
    keeper_take_writer(daemon->keeper, daemon->writer);
    return 0;
}

static int open_http(struct daemon *daemon)
{
    const struct server_conf_addresses *listen = &daemon->conf->server.http_listen;
    daemon->metrics = metrics_create(daemon->stat);
    daemon->gauges = (struct gauge_context){
        &daemon->world,      zone_store_kv(daemon->store),
        daemon->clock,       daemon->clock->mono_ns(daemon->clock),
        daemon->store_state, &daemon->leases.count,
    };
    gauge_add(daemon->metrics, &daemon->gauges);
    daemon->routes[0] = (struct http_route){"GET", "/metrics", 0, metrics_handle, daemon->metrics};
    daemon->https = mem_alloc((listen->count + 1) * sizeof(struct http *));
    for (size_t i = 0; i < listen->count; i++) {
        struct sockaddr_storage address;
        server_conf_value_fill_address(&listen->items[i], &address);
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
        .refresh = daemon->refresh,
        .kv = zone_store_kv(daemon->store),
        .store_state = daemon->store_state,
        .clock = daemon->clock,
        .start_ns = daemon->clock->mono_ns(daemon->clock),
        .version = SUANYU_VERSION,
        .leases = &daemon->leases.count,
    };
    struct ctl_options options = {.path = daemon->conf->control.socket, .owner = geteuid()};
    options.commands = ctl_cmd_table(&count);
    options.command_count = count;
    options.context = &daemon->commands;
    int err = ctl_create(daemon->loop, &options, daemon->main_stat, &daemon->ctl);
    if (err) {
        log_error("control_open_failed", "socket=%s error=%s", options.path, err_text(err));
    }
    return err;
}

static void on_hangup(struct loop_signal *sig, int number)
{
    (void)number;
    struct daemon *daemon = sig->context;
    reload_begin(&daemon->reload);
}

static void on_stop(struct loop_signal *sig, int number)
{
    struct daemon *daemon = sig->context;
    log_info("stopping", "signal=%d", number);
    loop_stop(daemon->loop);
}

/* Signals reach the loop's thread only, and only while the loop runs: a second one at the end, or one
 * during the start, does not end the process. */
static void hold_signals(int how)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(how, &set, NULL);
}

static int watch_signals(struct daemon *daemon)
{
    daemon->reload = (struct reload_context){
        .path = daemon->conf_path,
        .conf = daemon->conf,
        .keeper = daemon->keeper,
        .writer = daemon->writer,
        .loop_stat = daemon->main_stat,
        .writer_stat = daemon->writer_stat,
    };
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ,
           SIG_IGN); /* a file at the process' limit is an error of a write, as a full disk */
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
    daemon->world.first = steer_first_create(FIRST_CHOICES);
    proc_fd_limit(FILES_MAX, &files);
    int err = loop_create(true, &daemon->loop);
    err = err ? err : open_sockets(daemon);
    err = err ? err : root_drop(daemon->conf, daemon->conf_path);
    err = err ? err : open_zones(daemon);
    err = err ? err : writer_create(&daemon->writer);
    err = err ? err : open_notify(daemon);
    err = err ? err : open_refresh(daemon);
    err = err ? err : open_updates(daemon);
    err = err ? err : open_http(daemon);
    err = err ? err : open_control(daemon);
    err = err ? err : watch_signals(daemon);
    return err ? err
               : udp_start(daemon->udp, &daemon->world, daemon->stat, daemon->clock, daemon->gate,
                           daemon->sig0, daemon->refresh);
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
    refresh_stop(daemon->refresh); /* while those that it owes an answer can still get one */
    udp_close(daemon->udp);
    close_signal(&daemon->hangup);
    close_signal(&daemon->terminate);
    close_signal(&daemon->interrupt);
    for (size_t i = 0; daemon->https && i < daemon->conf->server.http_listen.count; i++) {
        http_close(daemon->https[i]);
    }
    checkpoint_stop(&daemon->checkpoint);
    store_state_stop(daemon->store_state);
    xfr_past_source_stop(&daemon->xfr.past);
    sig0_destroy(daemon->sig0); /* it hands over to the writer */
    lease_expiry_stop(&daemon->leases);
    writer_destroy(daemon->writer); /* finishes the replies that the control socket waits for */
    notify_destroy(daemon->notify); /* nobody is left to say that a zone has changed */
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
    refresh_destroy(daemon->refresh);
    store_state_destroy(daemon->store_state);
    xfr_past_source_finish(&daemon->xfr.past);
    keeper_destroy(daemon->keeper);
    world_finish(&daemon->world);
    steer_first_destroy(daemon->world.first);
    rcu_drain(); /* worlds give up their zones ... */
    rcu_drain(); /* ... and zones their memory, in a second round */
    zone_store_close(daemon->store);
    stat_registry_destroy(daemon->stat);
}

static int serve(const char *path, struct server_conf *conf)
{
    struct daemon daemon = {.conf_path = path, .conf = conf};
    log_init(conf->server.log_level, "suanyud");
    reload_log_warnings(conf);
    hold_signals(SIG_BLOCK); /* before any thread: they inherit it */
    int err = open_all(&daemon);
    if (!err) {
        log_info("started", "version=%s zones=%zu port=%u", SUANYU_VERSION, conf->zones.count,
                 udp_port(daemon.udp, 0));
        proc_notify("READY=1");
        hold_signals(SIG_UNBLOCK);
        loop_run(daemon.loop);
        hold_signals(SIG_BLOCK);
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
