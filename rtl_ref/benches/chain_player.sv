// Plays a script of commands to a chain of cores, and writes down all that it sees there: it drives
// and it watches, and judges nothing. Who starts it sets `go` and waits for `finished`.
//
// All that it drives changes at the falling edge of the clock; all that it sees it sees at the
// rising one, or just before the falling one. Script and record are texts of numbers, in the forms
// that `simulation/script.py` writes and `simulation/record.py` reads.
`default_nettype none
/* verilator lint_off BLKSEQ */  // a bench is no hardware
/* verilator lint_off MULTIDRIVEN */
/* verilator lint_off PINCONNECTEMPTY */
/* verilator lint_off PROCASSINIT */
/* verilator lint_off UNUSEDSIGNAL */

module chain_player #(
    parameter int CORES                   = 2,
    parameter bit [CORES*16-1:0] AXONS    = {16'd48, 16'd64},
    parameter bit [CORES*16-1:0] NEURONS  = {16'd10, 16'd48},
    parameter int WEIGHT_BITS             = 8,
    parameter int STATE_BITS              = 24,
    parameter int CYCLES_PER_SOP          = 2,
    parameter bit EVENT_RULE              = 1'b0,
    parameter int QUEUE_DEPTH             = 16,
    parameter int COUNTER_BITS            = 32,
    parameter     IMAGE                   = ""
);
    localparam int CORE_BITS = CORES > 1 ? $clog2(CORES) : 1;
    localparam int NUMBERS   = 1 << CORE_BITS;  // of a core, there or not
    localparam int COUNTERS  = snn_words::COUNTERS;
    localparam longint MOST_ANSWERS = 8;            // cycles in which the last read must be answered

    // Commands, each with its arguments.
    localparam longint END = 0;        // of the script
    localparam longint SEND = 1;       // tick, kind, target, axon, whether it comes out, rests before
    localparam longint WRITE = 2;      // core, memory, rows, columns, values row by row
    localparam longint READ = 3;       // core, places; of each: memory, axon, neuron
    localparam longint LOOK = 4;       // all potentials, when all ticks have come out
    localparam longint REFUSE = 5;     // core, write, memory, axon, neuron, value
    localparam longint RESET = 6;      // cycles before it
    localparam longint SAMPLE_END = 7; // counters and stalls; whether the sample was interrupted
    localparam longint RECEIVER = 8;   // readiness of the receiver in 1 / 2^24, seed
    localparam longint PATIENCE = 9;   // cycles in which nothing moves; cycles of all

    // What is written down, each with a number of a core (or 0) and a value.
    localparam int WORD = 0;       // that left a core: a neuron, or -1 for a tick
    localparam int LAST_TICK = 1;  // that left the chain: its kind, in place of a core; its target
    localparam int LOOKED = 2;     // potentials follow
    localparam int POTENTIAL = 3;
    localparam int CONTENT = 4;    // of a memory that is read back
    localparam int LATENCY = 5;    // cycles until the first of some reads was answered
    localparam int REFUSED = 6;    // an access that was refused
    localparam int COUNTER = 7;
    localparam int WRAPPED = 8;
    localparam int STALLS = 9;
    localparam int ENDED = 10;     // a sample
    localparam int RESET_STATE = 11;
    localparam int RESET_COUNTER = 12;
    localparam int FAULT = 13;     // in place of a core: which of those below
    localparam int CYCLES = 14;    // of the whole run

    localparam int HANGS = 1, NO_ANSWER = 2, ANSWERS_REFUSED = 3, NO_COMMAND = 4, UNKNOWN = 5,
                   ENDLESS = 6;

    // For whoever starts it.
    logic        go       /* verilator public_flat_rw */ = 1'b0;
    logic        finished /* verilator public_flat_rd */ = 1'b0;
    logic [31:0] samples  /* verilator public_flat_rd */ = '0;  // that have ended
    logic [63:0] cycles   /* verilator public_flat_rd */ = '0;  // that have passed

    // The chain. The names differ from its own, so that in a waveform its ports are its own.
    logic                    clk = 1'b0, reset = 1'b1;
    logic                    gives = 1'b0, gives_tick = 1'b0, takes = 1'b1;
    logic [2:0]              kind = '0;
    logic [3:0]              target = '0;
    logic [15:0]             axon = '0;
    logic                    asks = 1'b0, asks_write = 1'b0;
    logic [CORE_BITS-1:0]    core = '0;
    logic [1:0]              memory = '0;
    logic [31:0]             address = '0;
    logic [STATE_BITS-1:0]   wdata = '0;
    logic [2:0]              counter_number = '0;
    wire                     in_ready, rests, refuses, answers, wrapped;
    wire [2:0]               out_kind;
    wire [3:0]               out_target;
    wire signed [STATE_BITS-1:0] rdata;
    wire [COUNTER_BITS-1:0]  counter;
    wire [CORES-1:0]         link_valid, link_ready, link_tick;
    wire [CORES*16-1:0]      link_neuron;

    snn_top #(
        .CORES(CORES), .AXONS(AXONS), .NEURONS(NEURONS), .WEIGHT_BITS(WEIGHT_BITS),
        .STATE_BITS(STATE_BITS), .CYCLES_PER_SOP(CYCLES_PER_SOP), .EVENT_RULE(EVENT_RULE),
        .QUEUE_DEPTH(QUEUE_DEPTH), .COUNTER_BITS(COUNTER_BITS), .IMAGE(IMAGE)
    ) chain (
        .clk(clk), .reset(reset),
        .in_valid(gives), .in_ready(in_ready), .in_tick(gives_tick), .in_kind(kind),
        .in_target(target), .in_axon(axon),
        .out_valid(), .out_tick(), .out_ready(takes), .out_kind(out_kind),
        .out_target(out_target), .out_neuron(),
        .port_enable(asks), .port_ready(rests), .port_refused(refuses), .port_core(core),
        .port_write(asks_write), .port_select(memory), .port_address(address),
        .port_wdata(wdata), .port_rvalid(answers), .port_rdata(rdata),
        .counter_select(counter_number), .counter(counter), .counter_wrapped(wrapped),
        .link_valid(link_valid), .link_ready(link_ready), .link_tick(link_tick),
        .link_neuron(link_neuron));

    initial begin
        wait (go);
        forever #5 clk = !clk;
    end

    int script, record;
    int ticks_in = 0, ticks_out = 0;  // that leave the chain
    int stalls [CORES];               // cycles in which a word of a core was not taken
    int patience = 100000, waited = 0;
    longint most_cycles = 64'd1 << 62;
    int readiness = 1 << 24;
    int unsigned random = 1;
    logic ready_in_reset = 1'b0, was_reset = 1'b0;

    task automatic note(input int what, input int number, input longint value);
        if (!finished) $fwrite(record, "%0d %0d %0d\n", what, number, value);
    endtask

    task automatic finish;
        if (!finished) begin
            note(CYCLES, 0, longint'(cycles));
            $fclose(record);
            finished = 1'b1;
        end
    endtask

    // A fault ends the run: nothing more is written down.
    task automatic fail(input int fault);
        note(FAULT, fault, 0);
        finish();
    endtask

    // The monitor: what leaves each core, and who must wait.
    always @(posedge clk) begin
        cycles = cycles + 1;
        waited = waited + 1;
        if (was_reset && ^{link_valid, link_valid & link_ready} === 1'bx) fail(UNKNOWN);
        if (link_valid != '0) begin
            for (int k = 0; k < CORES; k++) begin
                if (link_valid[k] && !link_ready[k]) stalls[k] = stalls[k] + 1;
                if (link_valid[k] && link_ready[k]) begin
                    waited = 0;
                    note(WORD, k, link_tick[k] ? -1 : longint'(link_neuron[16*k +: 16]));
                    if (k == CORES - 1 && link_tick[k]) begin
                        ticks_out = ticks_out + 1;
                        note(LAST_TICK, int'(out_kind), longint'(out_target));
                    end
                end
            end
        end
    end

    // The receiver, and the patience.
    always @(negedge clk) begin
        if (readiness < 1 << 24) begin
            random = random ^ (random << 13);
            random = random ^ (random >> 17);
            random = random ^ (random << 5);
            takes  = int'(random >> 8) < readiness;
        end
        if (asks) waited = 0;
        if (waited > patience) fail(HANGS);
        if (longint'(cycles) > most_cycles) fail(ENDLESS);
    end

    task automatic next(output longint value);
        if ($fscanf(script, "%d", value) != 1) begin
            value = END;
            fail(NO_COMMAND);
        end
    endtask

    // Reset for two cycles with all requests low.
    task automatic do_reset;
        gives = 1'b0; gives_tick = 1'b0; kind = '0; target = '0; axon = '0;
        asks = 1'b0; asks_write = 1'b0; core = '0; memory = '0; address = '0; wdata = '0;
        counter_number = '0; takes = 1'b1;
        reset = 1'b1;
        repeat (2) @(negedge clk);
        ready_in_reset = in_ready;
        reset = 1'b0;
        was_reset = 1'b1;
        @(negedge clk);
    endtask

    task automatic do_send;
        longint argument, comes_out, idle;
        next(argument); gives_tick = argument[0];
        next(argument); kind       = argument[2:0];
        next(argument); target     = argument[3:0];
        next(argument); axon       = argument[15:0];
        next(comes_out);
        next(idle);
        if (idle > 0) repeat (int'(idle)) @(negedge clk);
        gives = 1'b1;
        while (in_ready !== 1'b1) begin
            @(posedge in_ready);
            @(negedge clk);
        end
        waited = 0;
        ticks_in = ticks_in + int'(comes_out);
        @(negedge clk);
        gives = 1'b0;
    endtask

    // Ask for a core, and wait until it has nothing left to do.
    task automatic choose(input longint number);
        core = CORE_BITS'(number);
        @(negedge clk);
        while (rests !== 1'b1) begin
            @(posedge rests);
            @(negedge clk);
        end
        waited = 0;
    endtask

    task automatic do_write;
        longint number, select, rows, columns, value;
        next(number); next(select); next(rows); next(columns);
        memory = select[1:0];
        choose(number);
        asks = 1'b1;
        asks_write = 1'b1;
        for (longint row = 0; row < rows; row++)
            for (longint column = 0; column < columns; column++) begin
                next(value);
                address = {row[15:0], column[15:0]};
                wdata = STATE_BITS'(value);
                @(negedge clk);
            end
        waited = 0;
        asks = 1'b0;
        asks_write = 1'b0;
    endtask

    // Read places, a new one in every cycle: potentials, or those that the script names.
    task automatic read_places(input longint number, input longint places, input bit named,
                               input int what);
        longint asked, answered, late, waits, argument;
        choose(number);
        asked = 0; answered = 0; late = 0; waits = 0;
        memory = 2'd1;
        while (answered < places) begin
            asks = asked < places;
            if (asked == places) late = late + 1;
            if (late == MOST_ANSWERS) fail(NO_ANSWER);
            if (asked < places) begin
                if (named) begin
                    next(argument); memory = argument[1:0];
                    next(argument); address[31:16] = argument[15:0];
                    next(argument); address[15:0] = argument[15:0];
                end else address = asked[31:0];
                asked = asked + 1;
            end
            @(negedge clk);
            waits = waits + 1;
            if (answers) begin
                if (answered == 0) note(LATENCY, 0, waits);
                note(what, int'(number), longint'(rdata));
                answered = answered + 1;
            end
        end
        waited = 0;
        asks = 1'b0;
    endtask

    task automatic do_read;
        longint number, places;
        next(number); next(places);
        read_places(number, places, 1'b1, CONTENT);
    endtask

    task automatic do_look;
        while (ticks_out < ticks_in) begin
            @(ticks_out);
            @(negedge clk);
        end
        note(LOOKED, 0, 0);
        for (int k = 0; k < CORES; k++)
            read_places(longint'(k), longint'(NEURONS[16*k +: 16]), 1'b0, POTENTIAL);
    endtask

    task automatic do_refuse;
        longint number, writes, select, row, column, value;
        next(number); next(writes); next(select); next(row); next(column); next(value);
        choose(number);
        asks = 1'b1;
        asks_write = writes[0];
        memory = select[1:0];
        address = {row[15:0], column[15:0]};
        wdata = STATE_BITS'(value);
        @(posedge clk);
        if (refuses) note(REFUSED, int'(number), 1);
        @(negedge clk);
        if (answers) fail(ANSWERS_REFUSED);
        asks = 1'b0;
        asks_write = 1'b0;
    endtask

    task automatic note_counters(input int what);
        for (int k = 0; k < CORES; k++) begin
            core = CORE_BITS'(k);
            for (int i = 0; i < COUNTERS; i++) begin
                counter_number = 3'(i);
                @(negedge clk);
                note(what, k, longint'(counter));
            end
        end
    endtask

    task automatic note_wrapped(input int what, input int numbers);
        for (int k = 0; k < numbers; k++) begin
            core = CORE_BITS'(k);
            @(negedge clk);
            note(what, k, longint'(wrapped));
        end
    endtask

    task automatic forget_stalls;
        for (int k = 0; k < CORES; k++) stalls[k] = 0;
    endtask

    // A reset in mid-run: what the counters were, and what the chain then is.
    task automatic do_interrupt;
        longint rest;
        next(rest);
        repeat (int'(rest)) @(negedge clk);
        note_counters(RESET_COUNTER);
        do_reset();
        forget_stalls();
        ticks_in = ticks_out;
        note(RESET_STATE, 0, longint'(ready_in_reset));
        note(RESET_STATE, 0, longint'(in_ready));
        note(RESET_STATE, 0, longint'(link_valid));
        for (int k = 0; k < NUMBERS; k++) begin
            core = CORE_BITS'(k);
            @(negedge clk);
            note(RESET_STATE, k, longint'(rests));
        end
        note_wrapped(RESET_STATE, NUMBERS);
        waited = 0;
    endtask

    task automatic end_sample;
        longint interrupted;
        next(interrupted);
        note_counters(COUNTER);
        note_wrapped(WRAPPED, CORES);
        for (int k = 0; k < CORES; k++) note(STALLS, k, longint'(stalls[k]));
        note(ENDED, 0, interrupted);
        if (interrupted != 0) forget_stalls();
        samples = samples + 1;
    endtask

    initial begin
        longint command, argument;
        forget_stalls();
        script = $fopen("script.txt", "r");
        record = $fopen("record.txt", "w");
        wait (go);
        do_reset();
        next(command);
        while (command != END) begin
            case (command)
                SEND:       do_send();
                WRITE:      do_write();
                READ:       do_read();
                LOOK:       do_look();
                REFUSE:     do_refuse();
                RESET:      do_interrupt();
                SAMPLE_END: end_sample();
                RECEIVER: begin
                    next(argument); readiness = int'(argument);
                    next(argument); random = argument[31:0];
                end
                PATIENCE: begin
                    next(argument); patience = int'(argument);
                    next(argument); most_cycles = argument;
                end
                default: fail(NO_COMMAND);
            endcase
            next(command);
        end
        finish();
    end
endmodule

`default_nettype wire
