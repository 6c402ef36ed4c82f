// Properties of axi_lite_peripheral, placed inside it, whatever the chain of cores does: every access is answered exactly once, every
// event that is answered OKAY entered the chain once, every word that leaves the output queue is in one answer, and a refusal does nothing.
`default_nettype none

module axi_lite_proof (
    input wire        clk,
    input wire        reset,
    input wire [11:0] s_axil_awaddr,
    input wire        s_axil_awvalid,
    input wire        s_axil_awready,
    input wire [31:0] s_axil_wdata,
    input wire [3:0]  s_axil_wstrb,
    input wire        s_axil_wvalid,
    input wire        s_axil_wready,
    input wire [1:0]  s_axil_bresp,
    input wire        s_axil_bvalid,
    input wire        s_axil_bready,
    input wire [11:0] s_axil_araddr,
    input wire        s_axil_arvalid,
    input wire        s_axil_arready,
    input wire [31:0] s_axil_rdata,
    input wire [1:0]  s_axil_rresp,
    input wire        s_axil_rvalid,
    input wire        s_axil_rready,

    // Within: the chain's sides, and what is kept.
    input wire        in_valid,
    input wire        in_ready,
    input wire [31:0] write_data,
    input wire [9:0]  write_register,
    input wire [3:0]  strobe,
    input wire        address_taken,
    input wire        data_taken,
    input wire        soft_reset,
    input wire        port_enable,
    input wire        port_ready,
    input wire        port_write,
    input wire [31:0] port_answer,
    input wire [12:0] selections,  // {core, memory, counter}
    input wire [31:0] place,       // {axon, neuron}
    input wire [9:0]  read_register,
    input wire        read_taken,
    input wire        read_asked,
    input wire        out_ready,
    input wire        word_valid,
    input wire        word_taken,
    input wire [31:0] word_shown
);
    localparam logic [9:0] SOFT_RESET = 10'd3, EVENT = 10'd4, SPIKE = 10'd5, PORT_DATA = 10'd8, LAST = 10'd10;
    localparam logic [1:0] OKAY = 2'b00, SLVERR = 2'b10;

    // What was asked, kept apart from the peripheral.
    logic [1:0]  addresses = '0, words = '0, reads = '0;  // accepted and not yet answered
    logic [9:0]  to, from;
    logic [31:0] data;
    logic [3:0]  bytes;
    logic [9:0]  asked_at;
    wire takes_address = s_axil_awvalid && s_axil_awready;
    wire takes_data    = s_axil_wvalid && s_axil_wready;
    wire takes_read    = s_axil_arvalid && s_axil_arready;
    wire confirmed     = s_axil_bvalid && s_axil_bready;
    wire delivered     = s_axil_rvalid && s_axil_rready;
    wire enters        = in_valid && in_ready;
    wire leaves        = word_valid && word_taken;
    wire asks          = port_enable && !port_write;

    logic started = 1'b0, write_free, read_free;
    always @(posedge clk) begin
        started    <= 1'b1;
        write_free <= !s_axil_bvalid || s_axil_bready;
        read_free  <= !s_axil_rvalid || s_axil_rready;
        if (!started) assume (reset);
        if (takes_address) to <= s_axil_awaddr[11:2];
        if (takes_data) begin
            data  <= s_axil_wdata;
            bytes <= s_axil_wstrb;
        end
        if (takes_read) from <= s_axil_araddr[11:2];
        if (asks) asked_at <= selections[12:3];
        if (reset) begin
            addresses <= '0;
            words     <= '0;
            reads     <= '0;
        end else begin
            addresses <= addresses + 2'(takes_address) - 2'(confirmed);
            words     <= words + 2'(takes_data) - 2'(confirmed);
            reads     <= reads + 2'(takes_read) - 2'(delivered);
        end
    end

    always @(posedge clk) begin
        if (started && !reset) begin
            write_answer_has_a_cause: assert (!s_axil_bvalid || (addresses != 2'd0 && words != 2'd0));
            read_answer_has_a_cause:  assert (!s_axil_rvalid || reads != 2'd0);
            port_only_at_rest:        assert (!port_enable || port_ready);
            answer_of_who_was_asked:  assert (!read_asked || asked_at == selections[12:3]);

            // What makes these inductive.
            addresses_counted: assert (addresses == 2'(address_taken) + 2'(s_axil_bvalid));
            words_counted:     assert (words == 2'(data_taken) + 2'(s_axil_bvalid));
            reads_counted:     assert (reads == 2'(read_taken) + 2'(s_axil_rvalid));
            address_kept:      assert (!address_taken || write_register == to);
            data_kept:         assert (!data_taken || (write_data == data && strobe == bytes));
            read_kept:         assert (!read_taken || read_register == from);
            asked_for_a_read:  assert (!read_asked || (read_taken && from == PORT_DATA && !s_axil_rvalid));

            an_event_waits:    cover (s_axil_bvalid && s_axil_bresp == OKAY && to == EVENT && $past(in_valid && !in_ready, 2));
            a_word_comes:      cover (s_axil_rvalid && s_axil_rdata[31] && s_axil_rdata[16] && from == SPIKE);
            a_memory_answers:  cover (s_axil_rvalid && s_axil_rresp == OKAY && from == PORT_DATA && s_axil_rdata == 32'hFFFFFFFF);
            a_memory_refuses:  cover (s_axil_rvalid && s_axil_rresp == SLVERR && from == PORT_DATA && !out_ready);
            a_soft_reset:      cover (soft_reset);
            both_answer:       cover (s_axil_rvalid && s_axil_bvalid && s_axil_rresp == OKAY && s_axil_bresp == OKAY);
        end
    end

    // From one edge to the next. An answer is new when none stood there, or the one that stood was taken.
    wire new_write = s_axil_bvalid && write_free;
    wire new_read  = s_axil_rvalid && read_free;
    always @(posedge clk) begin
        if (started && !reset && $past(started) && !$past(reset)) begin
            if ($past(s_axil_bvalid && !s_axil_bready)) write_answer_stays: assert (s_axil_bvalid && $stable(s_axil_bresp));
            if ($past(s_axil_rvalid && !s_axil_rready))
                read_answer_stays: assert (s_axil_rvalid && $stable(s_axil_rresp) && $stable(s_axil_rdata));
            if ($past(in_valid && !in_ready)) event_stays: assert (in_valid && $stable(write_data));

            // An event enters exactly when its write is answered OKAY, and as it was written.
            event_is_answered: assert (!$past(enters) || (new_write && s_axil_bresp == OKAY && $past(to) == EVENT));
            event_as_written:  assert (!$past(enters) || $past(write_data == data && bytes == 4'b1111));
            event_enters:      assert (!(new_write && s_axil_bresp == OKAY && $past(to) == EVENT) || $past(enters));

            // A word leaves the queue exactly when it is shown.
            word_is_shown: assert (!$past(leaves) || (new_read && s_axil_rresp == OKAY && s_axil_rdata == $past(word_shown)));
            word_leaves:   assert (!(new_read && $past(from) == SPIKE && s_axil_rdata[16]) || $past(leaves));
            empty_is_zero: assert (!(new_read && $past(from) == SPIKE && !s_axil_rdata[16]) || s_axil_rdata == '0);

            // Memories.
            memory_written:  assert ((new_write && s_axil_bresp == OKAY && $past(to) == PORT_DATA) == $past(port_write));
            memory_answered: assert (!$past(read_asked) || (new_read && s_axil_rresp == OKAY && s_axil_rdata == $past(port_answer)));
            memory_read:     assert (!(new_read && s_axil_rresp == OKAY && $past(from) == PORT_DATA) || $past(read_asked));

            // Refusals.
            if (new_write && s_axil_bresp != OKAY) begin
                refusal_is_slverr:   assert (s_axil_bresp == SLVERR);
                refusal_does_nothing: assert (!$past(in_valid || port_write) && !soft_reset && $stable(selections) && $stable(place));
            end
            unknown_write_refused: assert (!(new_write && $past(to) > LAST) || s_axil_bresp == SLVERR);
            unknown_read_refused:  assert (!(new_read && $past(from) > LAST) || s_axil_rresp == SLVERR);
            refused_read_is_zero:  assert (!(new_read && s_axil_rresp != OKAY) || (s_axil_rresp == SLVERR && s_axil_rdata == '0));
            reset_has_a_cause:     assert (!soft_reset || (new_write && s_axil_bresp == OKAY && $past(to) == SOFT_RESET));

            // Nothing but what may wait waits: a write for the chain or a memory, a read for a memory.
            write_in_time: assert (!$past(address_taken && data_taken && (!s_axil_bvalid || s_axil_bready) && in_ready && port_ready
                                          && !asks) || new_write);
            read_in_time:  assert (!$past(read_taken && (!s_axil_rvalid || s_axil_rready) && from != PORT_DATA) || new_read);
            full_queue_blocks_no_read: assert (!$past(read_taken && (!s_axil_rvalid || s_axil_rready) && !out_ready && !port_ready)
                                               || new_read);
        end
    end
endmodule

`default_nettype wire
