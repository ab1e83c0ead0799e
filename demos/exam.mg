# The 2-3-1 network of the course notes' exam: every unit a sigmoid, one example, target y = 1.
# Layer 1 has the weights w11 … w32 and the biases b1 … b3, layer 2 has v1, v2, v3 and c.
#
#     microgradnn draw demos/exam.mg

x1 = 0.5
x2 = 0.3
y = 1

with "layer 1":
    with "neuron 1":
        w11: parameter = 0.2
        w12: parameter = 0.4
        b1: parameter = 0.1
        z1 = w11*x1 + w12*x2 + b1
        a1 = sigmoid(z1)
    with "neuron 2":
        w21: parameter = 0.1
        w22: parameter = 0.3
        b2: parameter = -0.1
        z2 = w21*x1 + w22*x2 + b2
        a2 = sigmoid(z2)
    with "neuron 3":
        w31: parameter = 0.5
        w32: parameter = -0.2
        b3: parameter = 0.05
        z3 = w31*x1 + w32*x2 + b3
        a3 = sigmoid(z3)

with "layer 2":
    v1: parameter = 0.3
    v2: parameter = -0.2
    v3: parameter = 0.4
    c: parameter = -0.2
    z = v1*a1 + v2*a2 + v3*a3 + c
    ŷ = sigmoid(z)

with "loss":
    L = -(y*log(ŷ) + (1 - y)*log(1 - ŷ))
