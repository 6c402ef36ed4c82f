// Properties of integrate_and_fire_core, placed inside it: the counters on which energy rests count
// the accesses of the memories, at their own pins, and nothing else; each access has its cause.
`default_nettype none

module access_proof #(
    parameter int COUNTER_BITS = 32
) (
    input wire       clk,
    input wire       reset,

    // The memories' pins.
    input wire       read_synapse,
    input wire       wrote_synapse,
    input wire       read_potential,
    input wire       write_potential,
    input wire       read_threshold,
    input wire       wrote_threshold,
    input wire       read_bias,
    input wire       wrote_bias,

    // Who may cause an access: the controller, or the port of a core that rests.
    input wire       read,
    input wire       write,
    input wire       is_event,
    input wire       tests,
    input wire       idle,
    input wire       port_ready,
    input wire       port_enable,
    input wire       port_refused,
    input wire       port_write,
    input wire [1:0] port_select,
    input wire       serve,
    input wire       in_valid,
    input wire       in_ready,
    input wire       word_exists,

    input wire [snn_words::COUNTERS*COUNTER_BITS-1:0] counts
);
    import snn_words::*;

    // Counts of their own, of the pins, where the port is not served.
    logic [COUNTER_BITS-1:0] sops, reads, writes, refusals;
    wire refused = port_refused || (in_valid && in_ready && !word_exists);

    logic started = 1'b0;
    always @(posedge clk) begin
        started <= 1'b1;
        if (!started) assume (reset);
        if (reset) begin
            sops     <= '0;
            reads    <= '0;
            writes   <= '0;
            refusals <= '0;
        end else begin
            sops     <= sops + COUNTER_BITS'(read_synapse && !serve);
            reads    <= reads + COUNTER_BITS'(read_potential && !serve);
            writes   <= writes + COUNTER_BITS'(write_potential && !serve);
            refusals <= refusals + COUNTER_BITS'(refused);
        end
    end

    // What the counters of the core say.
    wire [COUNTER_BITS-1:0] count_sops     = counts[COUNTER_BITS*SOPS +: COUNTER_BITS];
    wire [COUNTER_BITS-1:0] count_reads    = counts[COUNTER_BITS*READS +: COUNTER_BITS];
    wire [COUNTER_BITS-1:0] count_writes   = counts[COUNTER_BITS*WRITES +: COUNTER_BITS];
    wire [COUNTER_BITS-1:0] count_refusals = counts[COUNTER_BITS*REFUSALS +: COUNTER_BITS];

    // What the controller asks for.
    wire of_event = read && is_event;
    wire of_tick  = read && !is_event;
    wire of_test  = read && tests;

    // What the port does, by the memory that it names.
    wire serve_read  = serve && !port_write;
    wire serve_write = serve && port_write;
    wire synapse     = port_select == 2'd0;
    wire potential   = port_select == 2'd1;
    wire threshold   = port_select == 2'd2;
    wire bias        = port_select == 2'd3;

    always @(posedge clk) begin
        if (started && !reset) begin
            sops_are_reads_of_synapses: assert (count_sops == sops);
            reads_are_of_potentials:    assert (count_reads == reads);
            writes_are_of_potentials:   assert (count_writes == writes);
            refusals_are_counted:       assert (count_refusals == refusals);

            // No access without a cause, and no cause without its access.
            synapse_read:    assert (read_synapse == (of_event || (serve_read && synapse)));
            potential_read:  assert (read_potential == (read || (serve_read && potential)));
            potential_write: assert (write_potential == (write || (serve_write && potential)));
            threshold_read:  assert (read_threshold == (of_test || (serve_read && threshold)));
            bias_read:       assert (read_bias == (of_tick || (serve_read && bias)));
            synapse_write:   assert (wrote_synapse == (serve_write && synapse));
            threshold_write: assert (wrote_threshold == (serve_write && threshold));
            bias_write:      assert (wrote_bias == (serve_write && bias));
            port_at_rest:    assert (!serve || (idle && port_ready && port_enable));
            port_or_work:    assert (!serve || (!read && !write));
            refused_or_done: assert (!(port_enable && port_ready) || serve != port_refused);

            an_operation:   cover (count_sops != '0);
            a_write:        cover (count_writes != '0);
            a_refusal:      cover (count_refusals != '0);
            a_served_write: cover (serve_write && bias);
        end
    end
endmodule

`default_nettype wire
