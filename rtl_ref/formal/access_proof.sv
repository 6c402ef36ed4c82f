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
            refusals <= refusals + COUNTER_BITS'(port_refused || (in_valid && in_ready && !word_exists));
        end
    end

    always @(posedge clk) begin
        if (started && !reset) begin
            sops_are_reads_of_synapses: assert (counts[COUNTER_BITS*SOPS +: COUNTER_BITS] == sops);
            reads_are_of_potentials:    assert (counts[COUNTER_BITS*READS +: COUNTER_BITS] == reads);
            writes_are_of_potentials:   assert (counts[COUNTER_BITS*WRITES +: COUNTER_BITS] == writes);
            refusals_are_counted:       assert (counts[COUNTER_BITS*REFUSALS +: COUNTER_BITS] == refusals);

            // No access without a cause, and no cause without its access.
            synapse_read:     assert (read_synapse == ((read && is_event) || (serve && !port_write && port_select == 2'd0)));
            potential_read:   assert (read_potential == (read || (serve && !port_write && port_select == 2'd1)));
            potential_write:  assert (write_potential == (write || (serve && port_write && port_select == 2'd1)));
            threshold_read:   assert (read_threshold == ((read && tests) || (serve && !port_write && port_select == 2'd2)));
            bias_read:        assert (read_bias == ((read && !is_event) || (serve && !port_write && port_select == 2'd3)));
            synapse_write:    assert (wrote_synapse == (serve && port_write && port_select == 2'd0));
            threshold_write:  assert (wrote_threshold == (serve && port_write && port_select == 2'd2));
            bias_write:       assert (wrote_bias == (serve && port_write && port_select == 2'd3));
            port_at_rest:     assert (!serve || (idle && port_ready && port_enable && !read && !write));
            refused_or_done:  assert (!(port_enable && port_ready) || serve != port_refused);

            an_operation:     cover (counts[COUNTER_BITS*SOPS +: COUNTER_BITS] != '0);
            a_write:          cover (counts[COUNTER_BITS*WRITES +: COUNTER_BITS] != '0);
            a_refusal:        cover (counts[COUNTER_BITS*REFUSALS +: COUNTER_BITS] != '0);
            a_served_write:   cover (serve && port_write && port_select == 2'd3);
        end
    end
endmodule

`default_nettype wire
