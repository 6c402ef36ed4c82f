// Properties of controller, placed inside it: its handshakes, every spike and tick passed on
// exactly once, every neuron written exactly once for each word that visits the neurons, and the
// number of cycles of every word.
`default_nettype none

module handshake_proof #(
    parameter int NEURONS        = 48,
    parameter int AXON_BITS      = 6,
    parameter int CYCLES_PER_SOP = 2,
    parameter int INDEX          = 1,
    parameter int NEURON_BITS    = 6,
    parameter int WAIT_BITS      = 2
) (
    input wire                               clk,
    input wire                               reset,
    input wire                               in_valid,
    input wire                               in_ready,
    input wire                               in_tick,
    input wire [snn_words::KIND_BITS-1:0]    in_kind,
    input wire [snn_words::TARGET_BITS-1:0]  in_target,
    input wire [AXON_BITS-1:0]               in_axon,
    input wire                               out_valid,
    input wire                               out_ready,
    input wire                               out_tick,
    input wire [snn_words::KIND_BITS-1:0]    out_kind,
    input wire [snn_words::TARGET_BITS-1:0]  out_target,
    input wire [NEURON_BITS-1:0]             out_neuron,
    input wire                               spike,
    input wire                               idle,
    input wire                               read,
    input wire                               write,
    input wire                               is_event,
    input wire [AXON_BITS-1:0]               axon,
    input wire [NEURON_BITS-1:0]             neuron,
    input wire [2:0]                         state,
    input wire [WAIT_BITS-1:0]               waited
);
    import snn_words::*;
    localparam logic [2:0] IDLE = 3'd0, READ = 3'd1, WRITE = 3'd2, EMIT = 3'd3, PASS_ON = 3'd4;

    // The word in work, and what is owed for it: all from what crosses the ports.
    logic                   working = 1'b0, must_emit = 1'b0, passed = 1'b0;
    logic                   tick, visits, must_pass;
    logic [KIND_BITS-1:0]   kind_taken;
    logic [TARGET_BITS-1:0] target_taken;
    logic [AXON_BITS-1:0]   axon_taken;
    logic [NEURON_BITS-1:0] who;
    logic [15:0]            reads = '0, writes = '0, sent = '0, cycles = '0;
    wire accepts = in_valid && in_ready;
    wire is_own  = in_target == TARGET_BITS'(INDEX);
    wire gives   = out_valid && out_ready;

    logic started = 1'b0;
    always @(posedge clk) begin
        started <= 1'b1;
        if (!started) assume (reset);
        if (reset) begin
            working   <= 1'b0;
            must_emit <= 1'b0;
        end else if (accepts) begin
            working      <= 1'b1;
            tick         <= in_tick;
            kind_taken   <= in_kind;
            target_taken <= in_target;
            axon_taken   <= in_axon;
            visits       <= !in_tick || (in_kind != MARK && (in_target == '0 || is_own));
            must_pass    <= in_tick && (in_kind == MARK || !is_own);
            must_emit    <= 1'b0;
            passed       <= 1'b0;
            reads        <= '0;
            writes       <= '0;
            sent         <= '0;
            cycles       <= 16'd1;
        end else if (working && !idle) begin
            cycles <= cycles + 16'(!(out_valid && !out_ready));
            reads  <= reads + 16'(read);
            writes <= writes + 16'(write);
            if (write && spike) begin
                must_emit <= 1'b1;
                who       <= neuron;
            end
            if (gives && !out_tick) begin
                must_emit <= 1'b0;
                sent      <= sent + 16'd1;
            end
            if (gives && out_tick) passed <= 1'b1;
        end
    end

    wire gives_spike = out_valid && !out_tick;
    wire gives_tick  = out_valid && out_tick;
    wire as_taken    = out_kind == kind_taken && out_target == target_taken;
    wire in_range    = 16'(neuron) < 16'(NEURONS);
    wire [15:0] all_visited  = visits ? 16'(NEURONS) : 16'd0;
    wire [15:0] visit_cycles = visits ? 16'(NEURONS * CYCLES_PER_SOP) : 16'd0;
    wire [15:0] before_write = 16'(CYCLES_PER_SOP - 1);
    wire [15:0] of_this_one  = state == READ ? 16'(waited) : state == WRITE ? before_write : 16'd0;
    wire was_read    = state == WRITE || (state == READ && waited != '0);
    wire reads_on    = waited <= WAIT_BITS'(CYCLES_PER_SOP - 2);

    // Between the clock's edges.
    always @(posedge clk) begin
        if (started && !reset) begin
            ready_when_idle:    assert (in_ready == idle);
            nothing_when_idle:  assert (!idle || !(out_valid || read || write));
            spike_has_a_cause:  assert (!gives_spike || (must_emit && out_neuron == who));
            tick_has_a_cause:   assert (!gives_tick || (working && must_pass && !passed));
            tick_is_unchanged:  assert (!gives_tick || as_taken);
            tick_comes_last:    assert (!gives_tick || (!must_emit && writes == all_visited));
            spike_is_sent:      assert (!must_emit || gives_spike);
            write_follows_read: assert (!write || (reads == writes + 16'd1 && in_range));
            write_in_order:     assert (!write || writes == 16'(neuron));
            access_has_a_cause: assert (!(read || write) || (working && visits));
            event_is_kept:      assert (!(read || write) || is_event == !tick);
            axon_is_kept:       assert (!(read || write) || axon == axon_taken);
            if (idle && working) begin
                all_neurons_once: assert (reads == writes && writes == all_visited);
                tick_passed_once: assert (passed == must_pass && !must_emit);
                cycles_as_stated: assert (cycles == 16'd1 + visit_cycles + sent + 16'(passed));
            end

            // What makes these inductive.
            known_state:    assert (state <= PASS_ON && (state == IDLE || working));
            sent_at_most:   assert (!working || (sent <= writes && (!must_emit || sent < writes)));
            if (state == READ || state == WRITE || state == EMIT) begin
                visiting:      assert (visits && !passed && is_event == !tick && as_taken);
                one_of_all:    assert (in_range && axon == axon_taken);
                writes_so_far: assert (writes == 16'(neuron) + 16'(state == EMIT));
                reads_so_far:  assert (reads == writes + 16'(was_read));
                cycles_so_far: assert (cycles == 16'd1 + 16'(CYCLES_PER_SOP) * writes + sent
                                                 + of_this_one);
                wait_in_range: assert (state == EMIT ? waited == '0 : state != READ || reads_on);
                pass_rule:     assert (must_pass == (tick && target_taken != TARGET_BITS'(INDEX)));
                emitting:      assert (must_emit == (state == EMIT));
            end
            if (state == PASS_ON) begin
                passing:       assert (!is_event && reads == writes && !must_emit);
                cycles_to_pass: assert (cycles == 16'd1 + 16'(CYCLES_PER_SOP) * writes + sent);
            end

            a_tick_with_spikes: cover (idle && working && passed && sent == 16'd2 && tick);
            a_tick_kept:        cover (idle && working && !must_pass && visits && tick);
            an_event:           cover (idle && working && !tick && sent == '0);
            a_mark:             cover (idle && working && tick && kind_taken == MARK && passed);
            all_fire:           cover (idle && working && sent == 16'(NEURONS));
        end
    end

    // From one edge to the next: what is offered stays until it is taken.
    always @(posedge clk) begin
        if (started && !reset && !$past(reset) && $past(started)) begin
            if ($past(out_valid && !out_ready)) begin
                offer_stays:     assert (out_valid);
                offer_is_stable: assert ($stable({out_tick, out_kind, out_target, out_neuron}));
            end
            taken_once: assert (!$past(accepts) || !in_ready);
            spike_next: assert (!$past(write && spike) || (out_valid && !out_tick));
        end
    end
endmodule

`default_nettype wire
