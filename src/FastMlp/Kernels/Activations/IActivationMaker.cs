namespace FastMlp.Kernels.Activations;

/// <summary>Makes something of an activation as a type, so that its formula is compiled into it.</summary>
/// <typeparam name="TResult">What is made.</typeparam>
internal interface IActivationMaker<out TResult>
{
    TResult Make<TActivation>(TActivation g)
        where TActivation : unmanaged, IActivation;
}
