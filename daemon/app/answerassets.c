#include "answerassets.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

/* Dark on light, 18 px and more, what is pressed is 56 px high: for tired eyes and cold fingers. */
const char yj_answer_style[] =
    "*{box-sizing:border-box}"
    "body{margin:0;background:#fff;color:#111;font:18px/1.5 sans-serif}"
    "main{max-width:36rem;margin:0 auto;padding:12px}"
    "h1{font-size:26px;line-height:1.3;margin:8px 0;overflow-wrap:anywhere;word-break:break-word}"
    "h2{font-size:20px;margin:20px 0 8px}"
    "p{margin:8px 0}"
    "dl{margin:8px 0}dt{color:#444;font-size:16px}"
    "dd{margin:0 0 8px;font-size:20px;overflow-wrap:anywhere;word-break:break-word}"
    "form{margin:0 0 12px}"
    "fieldset{border:0;margin:8px 0 0;padding:0}legend{padding:0;color:#444;font-size:16px}"
    "button,a.b{display:block;width:100%;min-height:56px;margin:0 0 8px;padding:12px;border:2px "
    "solid #444;border-radius:8px;background:#fff;color:#111;font:bold 20px/1.4 sans-serif;"
    "text-align:center;text-decoration:none;cursor:pointer}"
    "button.go{background:#0a5c2b;border-color:#0a5c2b;color:#fff;font-size:26px;min-height:72px}"
    "a.see{background:#004a8f;border-color:#004a8f;color:#fff}"
    "button.help,a.sos{background:#a3001b;border-color:#a3001b;color:#fff}"
    ".m button{display:inline-block;width:auto;min-width:4.6em;margin:0 4px 8px 0;font-size:18px}"
    "button:focus,a:focus,select:focus,input:focus{outline:4px solid #0050b3;outline-offset:2px}"
    "label{display:block;margin:8px 0 4px}"
    "select,input[type=text]{width:100%;min-height:56px;padding:8px;border:2px solid #444;"
    "border-radius:8px;background:#fff;color:#111;font:20px sans-serif;margin:0 0 8px}"
    ".said,.state,#net{padding:12px;border-left:8px solid #0050b3;background:#eaf2fc;font-weight:"
    "bold;overflow-wrap:anywhere;word-break:break-word}"
    ".no{border-color:#a3001b;background:#fdecee}"
    "#net{border-color:#8a4b00;background:#fff3e0;position:sticky;top:0}"
    "#net:empty{display:none}";

/* Keeps an answer in the phone until the gateway has it, in the words of phones ten years old. The
 * answer's own id makes sure that it counts once, however often it is sent. */
const char yj_answer_script[] =
    "(function(){'use strict';"
    "var net=document.getElementById('net'),path=location.pathname,key='yijian:'+path,"
    "queue=[],busy=false,pressed=null;"
    "if(!net||!document.addEventListener||!window.XMLHttpRequest)return;"
    "function words(k){net.textContent=k?net.getAttribute('data-'+k):'';}"
    "function load(){try{queue=JSON.parse(localStorage.getItem(key))||[];}catch(e){queue=[];}}"
    "function save(){try{if(queue.length)localStorage.setItem(key,JSON.stringify(queue));"
    "else localStorage.removeItem(key);}catch(e){}}"
    "function send(){"
    "if(busy||!queue.length)return;"
    "busy=true;"
    "var x=new XMLHttpRequest(),over=false;"
    "function done(){"
    "if(over)return;over=true;busy=false;"
    "var s=x.status;"
    "if(!s||s>=500||s===429||s===408){words('wait');return;}"
    "queue.shift();save();"
    "if(s===400||s===413||s===415){words('bad');return;}"
    "if(queue.length){send();return;}"
    "location.replace(x.responseURL||path);}"
    "x.onload=x.onerror=x.onabort=x.ontimeout=done;"
    "try{x.open('POST',path,true);x.timeout=20000;"
    "x.setRequestHeader('Content-Type','application/x-www-form-urlencoded');"
    "x.send(queue[0]);}catch(e){done();}}"
    "function retry(){if(queue.length&&!busy){words('wait');send();}}"
    "function pair(n,v){return encodeURIComponent(n)+'='+encodeURIComponent(v);}"
    "function written(f,b){"
    "var out=[],i,e;"
    "for(i=0;i<f.elements.length;i++){e=f.elements[i];"
    "if(e.name&&!/^(button|fieldset)$/i.test(e.tagName))out.push(pair(e.name,e.value));}"
    "if(b&&b.name&&b.form===f)out.push(pair(b.name,b.value));"
    "return out.join('&');}"
    "document.addEventListener('click',function(ev){"
    "var t=ev.target;"
    "while(t&&t.tagName!=='BUTTON')t=t.parentNode;"
    "pressed=t;},true);"
    "document.addEventListener('submit',function(ev){"
    "var body=written(ev.target,ev.submitter||pressed);"
    "ev.preventDefault();"
    "if(queue.indexOf(body)<0)queue.push(body);"
    "save();words('send');send();});"
    "window.addEventListener('online',retry);"
    "setInterval(retry,3000);"
    "load();"
    "if(queue.length){words('send');send();}"
    "})();";

static void hash(const char *text, char base64[64])
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	SHA256((const unsigned char *)text, strlen(text), digest);
	EVP_EncodeBlock((unsigned char *)base64, digest, sizeof digest);
}

void yj_answer_policy(char policy[YJ_ANSWER_POLICY_MAX])
{
	char style[64], script[64];
	hash(yj_answer_style, style);
	hash(yj_answer_script, script);
	snprintf(policy, YJ_ANSWER_POLICY_MAX,
	    "default-src 'none'; style-src 'sha256-%s'; script-src 'sha256-%s'; connect-src 'self';"
	    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
	    style, script);
}
