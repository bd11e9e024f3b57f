/* Facts about FANN, each checked by running it. */
#include <assert.h>
#include <fann.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    printf("program|FANN (libfann2, Debian's) %s\n", VERSION);
    struct fann *net = fann_create_standard(3, 100, 200, 3);
    unsigned int count = fann_get_total_connections(net);
    struct fann_connection *all = malloc(count * sizeof *all);
    fann_get_connection_array(net, all);
    float largest = 0;
    for (unsigned int i = 0; i < count; i++) largest = fmaxf(largest, fabsf(all[i].weight));
    assert(largest <= 0.1f && largest > 0.099f);
    printf("start|weights and biases from U(-0.1, 0.1), whatever the layer\n");
    assert(fann_get_training_algorithm(net) == FANN_TRAIN_RPROP && fann_get_train_error_function(net) == FANN_ERRORFUNC_TANH);
    printf("optimizer|all rows by iRPROP-; the error function is FANN_ERRORFUNC_TANH\n");
    assert(fann_get_activation_function(net, 1, 0) == FANN_SIGMOID_STEPWISE && fann_get_activation_function(net, 2, 0) == FANN_SIGMOID_STEPWISE);
    struct fann *one = fann_create_standard(2, 1, 1);
    struct fann_connection set[2];
    fann_get_connection_array(one, set);
    set[0].weight = 1; set[1].weight = 0;
    fann_set_weight_array(one, set, 2);
    float error = 0;
    for (float x = -6; x <= 6; x += 0.01f) error = fmaxf(error, fabsf(*fann_run(one, &x) - 1 / (1 + expf(-x))));
    assert(error > 0.01f && error < 0.05f);
    printf("layers|sigmoid everywhere, the last layer too, by straight lines between six points (SIGMOID_STEPWISE): up to %.3f off; the steepness 0.5 stands for 1 / (1 + exp(-2 s x)), which is the plain sigmoid\n", error);
    fann_set_activation_function_output(one, FANN_SIGMOID_SYMMETRIC);
    float x = 0.7f, target = -0.4f, y = *fann_run(one, &x);
    fann_reset_MSE(one);
    fann_test(one, &x, &target);
    assert(fabsf(fann_get_MSE(one) - (y - target) * (y - target) / 4) < 1e-6f);
    assert(fabsf(y - tanhf(0.7f * 0.5f)) < 1e-5f);
    printf("loss|the mean of squares over rows and outputs; of symmetric outputs (-1 to 1) a quarter of it\n");
    printf("layers|SIGMOID_SYMMETRIC is tanh(s x), s 0.5: weights count half of those of a plain tanh\n");
    printf("decay|none\nclasses|no names: outputs are numbers\ndata|taken as it is: no scaling\n");
    return 0;
}
