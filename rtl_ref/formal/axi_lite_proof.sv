// Properties of axi_lite_peripheral, placed inside it, whatever the chain of cores does: every
// access is answered exactly once, every event that is answered OKAY entered the chain once, every
// word that SPIKE takes is in one answer, and a refusal does nothing.
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

    wire write_due = address_taken && data_taken && (!s_axi_bvalid || s_axi_bready);
    wire read_due  = read_taken && (!s_axi_rvalid || s_axi_rready);
    wire read_okay = s_axi_rvalid && s_axi_rresp == OKAY;
    wire of_memory = s_axi_rvalid && from == PORT_DATA;

    always @(posedge clk) begin
        if (started && !reset) begin
            write_has_a_cause:       assert (!s_axi_bvalid || (addresses != 2'd0 && words != 2'd0));
            read_has_a_cause:        assert (!s_axi_rvalid || reads != 2'd0);
            port_only_at_rest:       assert (!port_enable || port_ready);
            answer_of_who_was_asked: assert (!read_asked || asked_at == selections[12:3]);

            // What makes these inductive.
            addresses_counted: assert (addresses == 2'(address_taken) + 2'(s_axi_bvalid));
            words_counted:     assert (words == 2'(data_taken) + 2'(s_axi_bvalid));
            reads_counted:     assert (reads == 2'(read_taken) + 2'(s_axi_rvalid));
            address_kept:      assert (!address_taken || write_register == to);
            data_kept:         assert (!data_taken || (write_data == data && strobe == bytes));
            read_kept:         assert (!read_taken || read_register == from);
            asked_for_a_read:  assert (!read_asked || (read_taken && from == PORT_DATA));
            asked_while_free:  assert (!read_asked || !s_axi_rvalid);

            an_event_waits:   cover (s_axi_bvalid && s_axi_bresp == OKAY && to == EVENT
                                     && $past(in_valid && !in_ready, 2));
            a_word_comes:     cover (read_okay && from == SPIKE && s_axi_rdata[31]);
            a_memory_answers: cover (read_okay && of_memory && s_axi_rdata == 32'hFFFFFFFF);
            a_memory_refuses: cover (of_memory && s_axi_rresp == SLVERR && !out_ready);
            a_soft_reset:     cover (soft_reset);
            both_answer:      cover (read_okay && s_axi_bvalid && s_axi_bresp == OKAY);
        end
    end

    // From one edge to the next. An answer is new when none stood there, or the one that stood was
    // taken.
    wire new_write  = s_axi_bvalid && write_free;
    wire new_read   = s_axi_rvalid && read_free;
    wire did_write  = new_write && s_axi_bresp == OKAY;
    wire did_read   = new_read && s_axi_rresp == OKAY;
    wire refused    = new_write && s_axi_bresp != OKAY;
    wire not_read   = new_read && s_axi_rresp != OKAY;
    wire to_event   = to == EVENT && bytes != '0;
    wire to_memory  = to == PORT_DATA && bytes != '0;
    wire answered   = read_asked && port_rvalid;
    wire may_write  = write_due && in_ready && port_ready && !asks && !read_asked;
    wire full_stop  = !out_ready && !port_ready && !read_asked;  // nothing moves

    always @(posedge clk) begin
        if (started && !reset && $past(started) && !$past(reset)) begin
            if ($past(s_axi_bvalid && !s_axi_bready)) begin
                write_answer_stays: assert (s_axi_bvalid && $stable(s_axi_bresp));
            end
            if ($past(s_axi_rvalid && !s_axi_rready)) begin
                read_answer_stays:  assert (s_axi_rvalid && $stable(s_axi_rresp));
                read_data_stays:    assert ($stable(s_axi_rdata));
            end
            if ($past(in_valid && !in_ready)) begin
                event_stays: assert ((in_valid || gives_up) && $stable(write_data));
            end

            // An event enters exactly when its write is answered OKAY, and as it was written.
            event_is_answered: assert (!$past(enters) || (did_write && $past(to_event)));
            event_as_written:  assert (!$past(enters) || $past(write_data == data && bytes == '1));
            event_enters:      assert (!(did_write && $past(to_event)) || $past(enters));

            // A word leaves the queue exactly when it is shown, or by the stream.
            word_is_shown: assert (!$past(leaves)
                                   || (did_read && s_axi_rdata == $past(word_shown)));
            word_leaves:   assert (!(new_read && $past(from) == SPIKE && s_axi_rdata[16])
                                   || $past(leaves));
            empty_is_zero: assert (!(new_read && $past(from) == SPIKE && !s_axi_rdata[16])
                                   || s_axi_rdata == '0);
            stream_alone:  assert (!$past(stream_out) || !$past(leaves));

            // Memories.
            memory_written:     assert ((did_write && $past(to_memory)) == $past(port_write));
            nothing_is_written: assert (!$past(port_write || in_valid) || $past(bytes) != '0);
            memory_answered:    assert (!$past(answered)
                                        || (did_read && s_axi_rdata == $past(port_answer)));
            memory_read:        assert (!(did_read && $past(from) == PORT_DATA) || $past(answered));

            // Refusals.
            if (refused) begin
                refusal_is_slverr: assert (s_axi_bresp == SLVERR);
                refusal_is_idle:   assert (!$past(in_valid || port_write) && !soft_reset);
                selections_stay:   assert ($stable(selections));
                place_stays:       assert ($stable(place) || $past(advances));
            end
            unknown_write_refused: assert (!(new_write && $past(to) > LAST) || refused);
            unknown_read_refused:  assert (!(new_read && $past(from) > LAST) || not_read);
            refused_read_is_zero:  assert (!not_read || s_axi_rdata == '0);
            refused_is_slverr:     assert (!not_read || s_axi_rresp == SLVERR);
            reset_has_a_cause:     assert (!soft_reset || (did_write && $past(to) == SOFT_RESET));

            // Nothing but what may wait waits: a write for the chain or a memory, a read for a
            // memory; and no write waits for ever.
            write_in_time:   assert (!$past(may_write) || new_write);
            every_wait_ends: assert (!$past(gives_up && write_due) || new_write);
            read_in_time:    assert (!$past(read_due && from != PORT_DATA) || new_read);
            full_queue_blocks_no_read: assert (!$past(read_due && full_stop) || new_read);
        end
    end
endmodule

`default_nettype wire
