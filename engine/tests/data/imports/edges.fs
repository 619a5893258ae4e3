/*{
    "DESCRIPTION": "Edges",
    "INPUTS": [
        { "NAME": "inputImage", "TYPE": "image" },
        { "NAME": "amount", "TYPE": "float", "DEFAULT": 2.0, "MIN": 0.0, "MAX": 8.0 }
    ]
}*/
#version 120
vec3 look(vec2 by)
{
    return IMG_PIXEL(inputImage, gl_FragCoord.xy + by).rgb;
}

void main()
{
    vec3 x = look(vec2(1.0, 0.0)) - look(vec2(-1.0, 0.0));
    vec3 y = look(vec2(0.0, 1.0)) - look(vec2(0.0, -1.0));
    vec4 here = IMG_THIS_PIXEL(inputImage);
    vec4 again = IMG_THIS_NORM_PIXEL(inputImage);
    gl_FragColor = vec4(mix(here.rgb, again.rgb, 0.5) + amount * sqrt(x * x + y * y), here.a);
}
