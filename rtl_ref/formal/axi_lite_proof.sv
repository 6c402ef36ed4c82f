// Properties of axi_lite_peripheral, placed inside it, whatever the chain of cores does: every access is answered exactly once, every
// event that is answered OKAY entered the chain once, every word that leaves the output queue is in one answer, and a refusal does nothing.
`default_nettype none

module axi_lite_proof (
    input wire        clk,
    input wire        reset,
    input wire [11:0] s_axi_awaddr,
    input wire        s_axi_awvalid,
    input wire        s_axi_awready,
    input wire [31:0] s_axi_wdata,
    input wire [3:0]  s_axi_wstrb,
    input wire        s_axi_wvalid,
    input wire        s_axi_wready,
    input wire [1:0]  s_axi_bresp,
    input wire        s_axi_bvalid,
    input wire        s_axi_bready,
    input wire [11:0] s_axi_araddr,
    input wire        s_axi_arvalid,
    input wire        s_axi_arready,
    input wire [31:0] s_axi_rdata,
    input wire [1:0]  s_axi_rresp,
    input wire        s_axi_rvalid,
    input wire        s_axi_rready,

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
    input wire [31:0] word_shown,
    input wire        gives_up,
    input wire        advances,
    input wire        port_rvalid,
    input wire        stream_out
);
    import snn_registers::*;
    localparam logic [9:0] LAST = LAST_REGISTER;
    localparam logic [1:0] OKAY = 2'b00, SLVERR = 2'b10;

    // What was asked, kept apart from the peripheral.
    logic [1:0]  addresses = '0, words = '0, reads = '0;  // accepted and not yet answered
    logic [9:0]  to, from;
    logic [31:0] data;
    logic [3:0]  bytes;
    logic [9:0]  asked_at;
    wire takes_address = s_axi_awvalid && s_axi_awready;
    wire takes_data    = s_axi_wvalid && s_axi_wready;
    wire takes_read    = s_axi_arvalid && s_axi_arready;
    wire confirmed     = s_axi_bvalid && s_axi_bready;
    wire delivered     = s_axi_rvalid && s_axi_rready;
    wire enters        = in_valid && in_ready;
    wire leaves        = word_valid && word_taken;
    wire asks          = port_enable && !port_write;

    logic started = 1'b0, write_free, read_free;
    always @(posedge clk) begin
        started    <= 1'b1;
        write_free <= !s_axi_bvalid || s_axi_bready;
        read_free  <= !s_axi_rvalid || s_axi_rready;
        if (!started) assume (reset);
        if (takes_address) to <= s_axi_awaddr[11:2];
        if (takes_data) begin
            data  <= s_axi_wdata;
            bytes <= s_axi_wstrb;
        end
        if (takes_read) from <= s_axi_araddr[11:2];
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
            write_answer_has_a_cause: assert (!s_axi_bvalid || (addresses != 2'd0 && words != 2'd0));
            read_answer_has_a_cause:  assert (!s_axi_rvalid || reads != 2'd0);
            port_only_at_rest:        assert (!port_enable || port_ready);
            answer_of_who_was_asked:  assert (!read_asked || asked_at == selections[12:3]);

            // What makes these inductive.
            addresses_counted: assert (addresses == 2'(address_taken) + 2'(s_axi_bvalid));
            words_counted:     assert (words == 2'(data_taken) + 2'(s_axi_bvalid));
            reads_counted:     assert (reads == 2'(read_taken) + 2'(s_axi_rvalid));
            address_kept:      assert (!address_taken || write_register == to);
            data_kept:         assert (!data_taken || (write_data == data && strobe == bytes));
            read_kept:         assert (!read_taken || read_register == from);
            asked_for_a_read:  assert (!read_asked || (read_taken && from == PORT_DATA && !s_axi_rvalid));

            an_event_waits:    cover (s_axi_bvalid && s_axi_bresp == OKAY && to == EVENT && $past(in_valid && !in_ready, 2));
            a_word_comes:      cover (s_axi_rvalid && s_axi_rdata[31] && s_axi_rdata[16] && from == SPIKE);
            a_memory_answers:  cover (s_axi_rvalid && s_axi_rresp == OKAY && from == PORT_DATA && s_axi_rdata == 32'hFFFFFFFF);
            a_memory_refuses:  cover (s_axi_rvalid && s_axi_rresp == SLVERR && from == PORT_DATA && !out_ready);
            a_soft_reset:      cover (soft_reset);
            both_answer:       cover (s_axi_rvalid && s_axi_bvalid && s_axi_rresp == OKAY && s_axi_bresp == OKAY);
        end
    end

    // From one edge to the next. An answer is new when none stood there, or the one that stood was taken.
    wire new_write = s_axi_bvalid && write_free;
    wire new_read  = s_axi_rvalid && read_free;
    always @(posedge clk) begin
        if (started && !reset && $past(started) && !$past(reset)) begin
            if ($past(s_axi_bvalid && !s_axi_bready)) write_answer_stays: assert (s_axi_bvalid && $stable(s_axi_bresp));
            if ($past(s_axi_rvalid && !s_axi_rready))
                read_answer_stays: assert (s_axi_rvalid && $stable(s_axi_rresp) && $stable(s_axi_rdata));
            if ($past(in_valid && !in_ready)) event_stays: assert ((in_valid || gives_up) && $stable(write_data));

            // An event enters exactly when its write is answered OKAY, and as it was written.
            event_is_answered: assert (!$past(enters) || (new_write && s_axi_bresp == OKAY && $past(to) == EVENT));
            event_as_written:  assert (!$past(enters) || $past(write_data == data && bytes == 4'b1111));
            event_enters:      assert (!(new_write && s_axi_bresp == OKAY && $past(to) == EVENT && $past(bytes) != '0)
                                       || $past(enters));

            // A word leaves the queue exactly when it is shown.
            word_is_shown: assert (!$past(leaves) || (new_read && s_axi_rresp == OKAY && s_axi_rdata == $past(word_shown)));
            word_leaves:   assert (!(new_read && $past(from) == SPIKE && s_axi_rdata[16]) || $past(leaves));
            empty_is_zero: assert (!(new_read && $past(from) == SPIKE && !s_axi_rdata[16]) || s_axi_rdata == '0);

            // Memories.
            memory_written:  assert ((new_write && s_axi_bresp == OKAY && $past(to) == PORT_DATA && $past(bytes) != '0)
                                     == $past(port_write));
            nothing_is_written: assert (!$past(port_write || in_valid) || $past(bytes) != '0);
            every_wait_ends:    assert (!$past(gives_up && address_taken && data_taken && (!s_axi_bvalid || s_axi_bready)) || new_write);
            memory_answered: assert (!$past(read_asked && port_rvalid)
                                     || (new_read && s_axi_rresp == OKAY && s_axi_rdata == $past(port_answer)));
            memory_read:     assert (!(new_read && s_axi_rresp == OKAY && $past(from) == PORT_DATA)
                                     || $past(read_asked && port_rvalid));

            // Refusals.
            if (new_write && s_axi_bresp != OKAY) begin
                refusal_is_slverr:   assert (s_axi_bresp == SLVERR);
                refusal_does_nothing: assert (!$past(in_valid || port_write) && !soft_reset && $stable(selections)
                                              && ($stable(place) || $past(advances)));
            end
            stream_word_leaves: assert (!$past(stream_out) || !$past(leaves));
            unknown_write_refused: assert (!(new_write && $past(to) > LAST) || s_axi_bresp == SLVERR);
            unknown_read_refused:  assert (!(new_read && $past(from) > LAST) || s_axi_rresp == SLVERR);
            refused_read_is_zero:  assert (!(new_read && s_axi_rresp != OKAY) || (s_axi_rresp == SLVERR && s_axi_rdata == '0));
            reset_has_a_cause:     assert (!soft_reset || (new_write && s_axi_bresp == OKAY && $past(to) == SOFT_RESET));

            // Nothing but what may wait waits: a write for the chain or a memory, a read for a memory.
            write_in_time: assert (!$past(address_taken && data_taken && (!s_axi_bvalid || s_axi_bready) && in_ready && port_ready
                                          && !asks && !read_asked) || new_write);
            read_in_time:  assert (!$past(read_taken && (!s_axi_rvalid || s_axi_rready) && from != PORT_DATA) || new_read);
            full_queue_blocks_no_read: assert (!$past(read_taken && (!s_axi_rvalid || s_axi_rready) && !out_ready && !port_ready
                                                      && !read_asked) || new_read);
        end
    end
endmodule

`default_nettype wire
