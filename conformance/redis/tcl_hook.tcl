# Sourced inside the test client process of Redis's Tcl suite (tclsuite.py inserts one `source` line into its
# private copy of test_helper.tcl). It writes one TAB-separated line per test event to $CONF_LOG:
#   unit-file  status(ok|err|skip|ignore|exception|done)  assertions  elapsed_ms  "CMD:n,CMD:n"  text
# and needs nothing from the server under test.
if {[info exists ::env(CONF_LOG)] && $::client} {
    set ::conf_fd [open $::env(CONF_LOG) a]
    fconfigure $::conf_fd -buffering line -encoding utf-8 -translation lf
    set ::conf_asserts 0
    set ::conf_depth 0
    array set ::conf_cmds {}
    set ::conf_curcmds {}

    proc conf_in {cmd op} { if {$::conf_depth == 0} {incr ::conf_asserts}; incr ::conf_depth }
    proc conf_out {cmd code res op} { incr ::conf_depth -1; if {$::conf_depth < 0} {set ::conf_depth 0} }
    foreach p [info procs assert*] {
        if {$p in {assert_failed}} continue
        trace add execution $p enter conf_in
        trace add execution $p leave conf_out
    }
    # commands sent through the suite's client (raw socket writes are not seen)
    proc conf_cmd {cmd op} {
        lassign $cmd _ id method argv
        set m [string toupper $method]
        if {$m in {CLIENT CONFIG DEBUG OBJECT CLUSTER ACL XINFO XGROUP SCRIPT FUNCTION MEMORY LATENCY SLOWLOG COMMAND PUBSUB MODULE}} {
            append m "|[string toupper [lindex $argv 0]]"
        }
        if {[string length $m] < 48 && [string is print $m]} { dict incr ::conf_curcmds [string map {, _ : _ \t _} $m] }
    }
    foreach ns {redis valkey} {
        if {[info procs ::${ns}::__dispatch__raw__] ne ""} {
            trace add execution ::${ns}::__dispatch__raw__ enter conf_cmd
        }
    }
    proc conf_packet {cmd op} {
        lassign $cmd _ fd status data elapsed
        if {$status in {ok err skip ignore exception done}} {
            set cl {}
            dict for {k v} $::conf_curcmds { lappend cl "$k:$v" }
            if {$elapsed eq ""} {set elapsed 0}
            set text [string map [list \t " " \n "\\n" \r ""] [string range $data 0 1500]]
            puts $::conf_fd [join [list $::curfile $status $::conf_asserts $elapsed [join $cl ,] $text] \t]
            set ::conf_asserts 0
            set ::conf_depth 0
            set ::conf_curcmds {}
        }
    }
    trace add execution send_data_packet enter conf_packet
}
